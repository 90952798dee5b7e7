"""Compiling what is compiled once on a machine, before the work begins."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import torch

from plotopt.adam import Adam
from plotopt.first_strokes.seeding import seed
from plotopt.first_strokes.streamlines import mark
from plotopt.listening import Listener, in_one_step
from plotopt.losses.pixel import PyramidLoss
from plotopt.losses.restraint import restraint
from plotopt.plot import warming
from plotopt.render import cpu


def prepare(on_progress: Listener) -> None:
    """Compile or load the kernels; the first time on a machine it takes some seconds, and is announced."""
    is_known = cpu.compiled_before() and warming.compiled_before()
    once = "" if is_known else " (compiles it once, some 20 s)"
    with in_one_step(f"preparing the renderer{once}", on_progress):
        with nullcontext() if is_known else warming.warming_up():
            _warm_up()
        warming.warm_up()


def _warm_up() -> None:
    """The kernels by which strokes are laid and moved."""
    demand = np.full((16, 16), 0.5)
    laid = seed(demand, 1, 1.0, 4.0, np.random.default_rng(0))
    mark(demand.copy(), demand, 1.0, laid.points, laid.counts)
    cpu.warm_up()
    light, points = torch.ones(1, 1, 32, 32), torch.ones(1, 4, 2)
    PyramidLoss()(light, light)
    restraint(points, 1.0)
    Adam.fresh(points).step(points, points, 1.0)
