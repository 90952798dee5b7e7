"""The house's order: imports point down, the ground floor needs no torch, the core is silent."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "plotopt"

# From bottom to top; those on one line may import each other. A name stands for the module or the package
# with all that is in it, except that "plotopt" is plotopt/__init__.py alone.
LAYERS = (
    ("errors", "kernel_cache", "bezier", "blurring", "crossings", "hands", "joints", "processes", "stopping"),
    ("adam", "augment", "files", "looks", "stocks", "units"),
    ("page", "tables"),
    ("pens", "profiles", "view"),
    ("catalog", "stages", "strokes"),
    ("canvas", "colour", "hand", "listening", "render", "slack"),
    ("crops", "losses", "networks", "picture", "plot", "progress", "reassignment"),
    ("formats", "layering", "lettering", "maps", "tones"),
    ("drawing", "first_strokes"),
    ("preparing", "refine", "swatches", "testcard", "untangling"),
    ("calibration", "objectives"),
    ("budget", "carrying", "emphasis", "stepping", "posing", "settings", "tracing", "trimming"),
    ("devices", "guiding", "journal", "noting", "outlining", "replanning"),
    ("atelier", "runs", "visualization"),
    ("fitting", "visualizing"),
    ("contact_sheet", "replaying", "resuming"),
    ("plotopt", "showing", "watching"),
    ("films",),
    ("cli",),
)
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
WITHOUT_TORCH = (
    "errors",
    "colour.light",
    "colour.contrast",
    "units",
    "page",
    "tables",
    "pens",
    "stocks",
    "profiles",
    "files",
    "picture",
    "catalog",
)
MAY_PRINT = ("cli", "progress")
LONGEST = {"render/triton_kernels.py": 400}

FILES = sorted(PACKAGE.rglob("*.py"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))


def dotted(path):
    """``plotopt/losses/base.py`` is ("plotopt", "losses", "base"); a package's own file is the package."""
    parts = ("plotopt", *path.relative_to(PACKAGE).with_suffix("").parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {dotted(path) for path in FILES}


def house(module):
    """The name that a module goes by in LAYERS."""
    return module[1] if len(module) > 1 else "plotopt"


def imported(tree, module, is_package):
    """Every module of plotopt that the code imports, wherever and however: (line, dotted name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "plotopt":
                    yield node.lineno, tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            here = module if is_package else module[:-1]
            base = here[: len(here) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            if base[:1] != ("plotopt",):
                continue
            for alias in node.names:
                # The version is a plain constant that by custom lives at the root.
                if (base, alias.name) != (("plotopt",), "__version__"):
                    yield node.lineno, (*base, alias.name) if (*base, alias.name) in MODULES else base


def upward(source, module, is_package=False):
    """The imports that point up, each as one line to read."""
    own = house(module)
    return [
        f"line {line}: {own} imports {house(target)}, which lies above it"
        for line, target in imported(ast.parse(source), module, is_package)
        if HEIGHT.get(house(target), len(LAYERS)) > HEIGHT[own]
    ]


@each_file
def test_every_module_has_its_layer(path):
    name = house(dotted(path))
    assert name in HEIGHT, f"plotopt.{name} has no place in LAYERS of {Path(__file__).name}: give it one"


@each_file
def test_imports_point_down(path):
    assert upward(path.read_text("utf-8"), dotted(path), path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("source", "module", "is_package"),
    [
        ("from plotopt.cli import main", "plotopt.page", False),
        ("import plotopt.tones.target as t", "plotopt.strokes", False),
        ("from plotopt import stepping", "plotopt.refine", False),
        ("from plotopt import fit", "plotopt.drawing", False),
        ("import plotopt", "plotopt.drawing", False),
        ("def f():\n    from plotopt.plot.plan import Layer", "plotopt.bezier", False),
        ("if TYPE_CHECKING:\n    from plotopt.strokes import Strokes", "plotopt.view", False),
        ("from .stepping import advance", "plotopt.refine", False),
        ("from . import stepping", "plotopt.refine", False),
        ("from ..drawing import Drawing", "plotopt.plot.plan", False),
        ("from .. import drawing", "plotopt.plot.plan", False),
        ("from ..first_strokes.seeding import seed", "plotopt.render", True),
        ("from plotopt.unlisted import thing", "plotopt.stepping", False),
    ],
)
def test_upward_imports_are_seen(source, module, is_package):
    """However an import is written: the check itself can fail."""
    assert len(upward(source, tuple(module.split(".")), is_package)) == 1


@pytest.mark.parametrize(
    ("source", "module", "is_package"),
    [
        ("from plotopt.units import parse_length", "plotopt.page", False),
        ("from plotopt import bezier, joints", "plotopt.strokes", False),
        ("from .pens import Pen", "plotopt.profiles", False),
        ("from .plan import Layer", "plotopt.plot", True),
        ("from ..pens import Pen\nfrom . import order", "plotopt.plot.plan", False),
        ("from plotopt import __version__", "plotopt.fitting", False),
        ("import numpy\nfrom torch import Tensor", "plotopt.errors", False),
    ],
)
def test_downward_and_sideways_imports_are_allowed(source, module, is_package):
    assert upward(source, tuple(module.split(".")), is_package) == []


def test_progress_is_for_the_command_line_alone():
    users = {
        house(dotted(path))
        for path in FILES
        for _, target in imported(
            ast.parse(path.read_text("utf-8")), dotted(path), path.name == "__init__.py"
        )
        if house(target) == "progress"
    }
    assert users <= {"cli"}


def test_ground_floor_imports_no_torch():
    """Seen in a fresh interpreter: torch takes seconds to load, and `plotopt --help` must not wait."""
    program = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module('plotopt.' + name)\n"
        "    heavy = {'torch', 'vpype', 'vpype_cli', 'numba'} & set(sys.modules)\n"
        "    assert not heavy, f'plotopt.{name} imports {heavy}'\n"
    )
    command = [sys.executable, "-c", program, *WITHOUT_TORCH]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stderr


def test_plans_and_settings_need_no_torch():
    """Which takes 0.6 GB of memory, and seconds before a mistyped option is told."""
    program = (
        "import plotopt.replanning, plotopt.plot.estimation, plotopt.settings.fit, sys\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=PACKAGE.parent
    )
    assert done.returncode == 0, done.stderr


@each_file
def test_the_core_is_silent(path):
    """Only the command line prints, and only it ends the program."""
    if house(dotted(path)) in MAY_PRINT:
        return
    names = [
        (node.lineno, ast.unparse(node.func))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    loud = {
        "print",
        "breakpoint",
        "exit",
        "quit",
        "sys.exit",
        "os._exit",
        "sys.stdout.write",
        "sys.stderr.write",
    }
    assert [f"line {line}: {name}" for line, name in names if name in loud] == []


@each_file
def test_no_global_random_state(path):
    """Random numbers come from a generator that was passed in."""
    calls = [
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    makers = {"np.random.default_rng", "np.random.Generator"}
    seeds = {"torch.manual_seed", "torch.seed"}
    assert [
        c for c in calls if c in seeds or (c.startswith(("np.random.", "random.")) and c not in makers)
    ] == []


@each_file
def test_files_are_short(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LONGEST.get(path.relative_to(PACKAGE).as_posix(), 300)
