"""Triton's kernels in tests: on a graphics card where there is one, else in Triton's interpreter."""

import importlib
import sys
from itertools import product

import pytest
import torch

tl = pytest.importorskip("triton.language")
from triton.runtime.interpreter import InterpretedFunction  # noqa: E402
from triton.runtime.jit import JITFunction  # noqa: E402

GPU = torch.cuda.is_available()
DEVICE = "cuda" if GPU else "cpu"
KERNELS = ("plotopt.render.triton_kernels", "plotopt.losses.triton_pyramid")


@pytest.fixture(scope="module", autouse=True)
def interpreter():
    """Without a graphics card, the kernels are imported such that Triton interprets them.

    Triton's own library chose when it was imported, perhaps by another test and to be compiled.
    """
    if GPU:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_INTERPRET", "1")
        for module, (name, member) in product((tl, tl.standard), vars(tl.standard).copy().items()):
            if isinstance(member, JITFunction):
                patch.setattr(module, name, InterpretedFunction(member.fn), raising=False)
        for path in KERNELS:
            package, _, name = path.rpartition(".")
            patch.delitem(sys.modules, path, raising=False)
            patch.delattr(importlib.import_module(package), name, raising=False)
        yield
