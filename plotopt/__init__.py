"""plotopt turns an image into the drawing that a pen plotter can make of it.

>>> import plotopt
>>> drawing = plotopt.fit("photo.jpg", strokes=2000, pens="0.4mm", paper="a4")  # doctest: +SKIP
>>> drawing.save("photo.svg")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotopt.kernel_cache import settle_cache

if TYPE_CHECKING:
    from plotopt.contact_sheet import neurons
    from plotopt.drawing import Drawing
    from plotopt.fitting import fit
    from plotopt.listening import Progress
    from plotopt.replanning import plan
    from plotopt.visualizing import neuron

__version__ = "0.1.0"
__all__ = ["Drawing", "PlotoptError", "Progress", "__version__", "fit", "neuron", "neurons", "plan"]

# torch's threads spin while they wait. Where anything else runs on the same cores, the renderer's own threads
# too, they starve each other, and a step takes up to ten times as long. It is read when torch loads; whoever
# has set it keeps their choice.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
settle_cache(Path(__file__).parent)

_HOMES = {
    "Drawing": "plotopt.drawing",
    "PlotoptError": "plotopt.errors",
    "Progress": "plotopt.listening",
    "fit": "plotopt.fitting",
    "neuron": "plotopt.visualizing",
    "neurons": "plotopt.contact_sheet",
    "plan": "plotopt.replanning",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    # torch takes seconds to import; `plotopt --help` must not wait for it.
    if name not in _HOMES:
        raise AttributeError(f"module 'plotopt' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
