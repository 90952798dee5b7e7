"""The benchmarks still find what they measure."""

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    yield importlib.import_module
    # Names as short as these are for one test alone.
    for name in set(sys.modules) - before:
        if (FOLDER / f"{name}.py").exists():
            del sys.modules[name]


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_every_benchmark_can_be_loaded(load, name):
    assert load(name).__doc__


def test_the_parts_of_a_fit_are_there(load):
    for owner, name, part in load("parts").PARTS:
        assert callable(getattr(owner, name)), part


def test_what_ablations_replace_is_there(load):
    for variant in load("ablation").VARIANTS:
        for owner, name, part in variant.parts:
            assert callable(getattr(owner, name)) == callable(part), variant.name
