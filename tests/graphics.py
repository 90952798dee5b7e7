"""Triton's kernels in tests: on a graphics card where there is one, else in Triton's interpreter."""

import importlib
import sys
from dataclasses import replace
from itertools import product

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

tl = pytest.importorskip("triton.language")
from triton.runtime.interpreter import InterpretedFunction, interpreter_builder  # noqa: E402
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
        # Each sum of integers would be worked out twice, which no card does: a third of all the time.
        patch.setattr(
            interpreter_builder, "options", replace(interpreter_builder.options, sanitize_overflow=False)
        )
        for module, (name, member) in product((tl, tl.standard), vars(tl.standard).copy().items()):
            if isinstance(member, JITFunction):
                patch.setattr(module, name, InterpretedFunction(member.fn), raising=False)
        for path in KERNELS:
            package, _, name = path.rpartition(".")
            patch.delitem(sys.modules, path, raising=False)
            patch.delattr(importlib.import_module(package), name, raising=False)
        yield


class Unwaiting(TorchDispatchMode):
    """Refuses what makes the host wait for a device, which no graph can hold."""

    WAITS = ("_local_scalar_dense", "nonzero", "masked_select", "repeat_interleave", "lift_fresh", "unique2")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert name not in self.WAITS
        if name.startswith("index") and name != "index_select":
            assert all(index is None or index.dtype == torch.int64 for index in args[1])
        # Nor may anything come from another device's memory.
        assert name != "_to_copy" or "device" not in (kwargs or {})
        return func(*args, **(kwargs or {}))
