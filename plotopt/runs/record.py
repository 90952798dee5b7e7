"""What a run file holds: how the run was asked for, where it stands, and what it has been through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jaxtyping import Int16
from torch import Tensor

from plotopt.carrying import Carried
from plotopt.journal import Moment
from plotopt.strokes import Strokes

FIT, NEURON = "fit", "neuron"


@dataclass(frozen=True, eq=False)
class Order:
    """How a run was asked for.

    ``kind`` is fit or neuron, ``subject`` the name of the picture's file or the neuron, ``options`` as the
    command line spells them. ``picture`` is the picture's file, byte for byte, empty for a neuron;
    ``digests`` are SHA-256 of other files that options name, by option. ``version`` is plotopt's.
    """

    kind: str
    subject: str
    options: Mapping[str, Any]
    version: str
    picture: bytes = b""
    digests: Mapping[str, str] | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """The strokes at some step, as a film needs them: points in whole parts of ``unit_mm``."""

    stage: str
    step: int
    loss: float
    points: Int16[Tensor, "strokes control_points 2"]
    pen: Tensor
    unit_mm: float


@dataclass(frozen=True, eq=False)
class Finish:
    """The finished strokes, and what the user was told of them."""

    strokes: Strokes
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Record:
    """The whole of a run file; no ``moment`` before the first step, no ``finish`` before the last.

    ``carried`` are the strokes of another run that this one began with.
    """

    order: Order
    moment: Moment | None = None
    finish: Finish | None = None
    frames: tuple[Frame, ...] = ()
    carried: Carried | None = None

    @property
    def strokes(self) -> Strokes | None:
        """The strokes as they are, finished or not; None before the first step."""
        if self.finish:
            return self.finish.strokes
        if self.moment:
            return self.moment.standing.strokes
        return self.carried.strokes if self.carried else None
