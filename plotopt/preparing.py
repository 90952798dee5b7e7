"""Compiling what is compiled once on a machine, before the work begins."""

from __future__ import annotations

import numpy as np
import torch

from plotopt.adam import Adam
from plotopt.crossings import uncrossed
from plotopt.first_strokes.seeding import seed
from plotopt.listening import Listener, in_one_step
from plotopt.losses.pixel import PyramidLoss
from plotopt.losses.restraint import restraint
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.plan import plan_layer, summarize
from plotopt.profiles import Profile
from plotopt.render import cpu


def prepare(profile: Profile, on_progress: Listener) -> None:
    """Compile or load the kernels; the first time on a machine it takes some seconds, and is announced."""
    once = "" if cpu.compiled_before() else " (compiles it once, some 30 s)"
    with in_one_step(f"preparing the renderer{once}", on_progress):
        cpu.warm_up()
        light, points = torch.ones(1, 1, 32, 32), torch.ones(1, 4, 2)
        PyramidLoss()(light, light)
        restraint(points, 1.0)
        Adam.fresh(points).step(points, points, 1.0)
        line = np.stack([np.linspace(1, 3, 4), np.ones(4)], axis=1)[None]
        seed(np.full((16, 16), 0.5), 1, 1.0, 4.0, np.random.default_rng(0))
        uncrossed([np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([[0.0, 2.0], [2.0, 0.0]])])
        summarize([plan_layer([line, line + 1], Pen("warm", "#000000", 0.5), Rect(0, 0, 9, 9))], profile)
