"""Strokes, moments and frames as named tensors and plain figures, and back, believing nothing."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from plotopt.adam import Adam
from plotopt.carrying import Carried
from plotopt.errors import PlotoptError
from plotopt.joints import SHARED, Joints
from plotopt.journal import Attempt, Moment
from plotopt.page import Rect
from plotopt.pens import MAX_OPACITY
from plotopt.runs.film import UNIT_MM
from plotopt.runs.record import Finish, Frame, Order, Record
from plotopt.settings.base import MOST_PENS, MOST_STROKES
from plotopt.stepping import Standing
from plotopt.strokes import Strokes

#: The version of the format; files of a later one are refused.
FORMAT = 1
# Strokes may have been cut into several for their joints.
_MOST_STROKES, _MOST_POINTS, _MOST_ITEMS = 8 * MOST_STROKES, 67, 10_000
_FAR_MM, _LONGEST_TEXT, _LARGEST = 1e5, 4000, 1e12
# What objectives remember, and its kind; None for the shape of all points.
_MEMORY: dict[str, tuple[torch.dtype, tuple[int | None, ...] | None]] = {
    "shift": (torch.float64, (17,)),
    "generator": (torch.uint8, (None,)),
    "soaks": (torch.bool, ()),
    "laid": (torch.float32, None),
    "units": (torch.float32, (3,)),
}

Tensors = dict[str, Tensor]


def packed(record: Record) -> tuple[Tensors, dict[str, Any]]:
    """A record as tensors by name and as figures that JSON can hold."""
    order, tensors = record.order, {}
    figures: dict[str, Any] = {
        "format": FORMAT,
        "plotopt": order.version,
        "kind": order.kind,
        "subject": order.subject,
        "options": dict(order.options),
        "digests": dict(order.digests or {}),
        "frames": [[frame.stage, frame.step, _told(frame.loss), frame.unit_mm] for frame in record.frames],
    }
    tensors["picture"] = torch.frombuffer(bytearray(order.picture or b"\0"), dtype=torch.uint8)
    for number, frame in enumerate(record.frames):
        tensors |= {f"frame.{number}.points": frame.points, f"frame.{number}.pen": frame.pen}
    if record.moment:
        figures["moment"] = _pack_moment(record.moment, tensors)
    if record.carried:
        tensors |= _named("carried", _of_strokes(record.carried.strokes))
        place = record.carried.place
        figures["carried"] = [place.left, place.top, place.right, place.bottom]
    if record.finish:
        tensors |= _named("finish", _of_strokes(record.finish.strokes))
        figures["finish"] = {"notes": list(record.finish.notes)}
    return {
        name: part.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, part in tensors.items()
    }, figures


def _pack_moment(moment: Moment, tensors: Tensors) -> dict[str, Any]:
    standing = moment.standing
    tensors |= _named("moment", _of_strokes(standing.strokes))
    tensors |= _named("moment.adam", _of_adam(standing.points))
    if standing.leaning:
        tensors |= _named("moment.leaning_adam", _of_adam(standing.leaning))
    unknown = set(moment.memory) - set(_MEMORY)
    if unknown:
        raise ValueError(f"what objectives remember would not be read again: {sorted(unknown)}")
    tensors |= _named("memory", dict(moment.memory))
    for number, attempt in enumerate(moment.attempts):
        tensors |= _named(f"attempt.{number}", _of_strokes(attempt.strokes))
    attempts = [
        {"aim": each.aim, "spent": each.spent, "notes": list(each.notes), "is_all": each.is_all}
        for each in moment.attempts
    ]
    return {
        "stage": moment.stage,
        "steps": standing.steps,
        "attempts": attempts,
        "failed": list(moment.failed),
        "notes": list(moment.notes),
    }


def _told(loss: float) -> float | None:
    return loss if math.isfinite(loss) else None


def _named(prefix: str, parts: Tensors) -> Tensors:
    return {f"{prefix}.{name}": part for name, part in parts.items()}


def _of_strokes(strokes: Strokes) -> Tensors:
    parts = {name: getattr(strokes, name) for name in ("points", "width_mm", "opacity", "pen")}
    if strokes.leaning is not None:
        parts["leaning"] = strokes.leaning
    if strokes.joints:
        parts |= {"pairs": strokes.joints.pairs, "laid": strokes.joints.laid}
    return parts


def _of_adam(adam: Adam) -> Tensors:
    return {"mean": adam.mean, "square": adam.square, "clock": adam.clock}


def unpacked(tensors: Tensors, figures: Mapping[str, Any]) -> Record:
    """The record that was packed. Raises PlotoptError, with what is wrong, for anything else."""
    box = _Box(tensors)
    number = figures.get("format")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise PlotoptError("it tells no version of its format")
    if number > FORMAT:
        raise PlotoptError(f"it is from a newer plotopt ({figures.get('plotopt')!s:.20}): install that one")
    order = Order(
        kind=_text(figures, "kind"),
        subject=_text(figures, "subject"),
        options=_plain(figures, "options", dict),
        version=_text(figures, "plotopt"),
        picture=bytes(box.part("picture", torch.uint8, (None,)).numpy()),
        digests=_plain(figures, "digests", dict),
    )
    moment, finish = figures.get("moment"), figures.get("finish")
    return Record(
        order,
        _moment(box, moment) if moment is not None else None,
        Finish(box.strokes("finish"), _notes(finish)) if finish is not None else None,
        tuple(_frame(box, i, each) for i, each in enumerate(_plain(figures, "frames", list))),
        _carried(box, figures["carried"]) if figures.get("carried") is not None else None,
    )


@dataclass(frozen=True)
class _Box:
    """Tensors by name that may be anything."""

    tensors: Tensors

    def part(self, name: str, dtype: torch.dtype, shape: tuple[int | None, ...]) -> Tensor:
        """The tensor of that name, if it is of this kind and, where sides are given, of this shape."""
        part = self.tensors.get(name)
        if part is None:
            raise PlotoptError(f"{name:.40} is missing")
        fits = part.dtype == dtype and part.ndim == len(shape)
        if not fits or any(want not in (None, have) for want, have in zip(shape, part.shape, strict=True)):
            raise PlotoptError(f"{name:.40} has the wrong kind or shape")
        if dtype.is_floating_point and not part.isfinite().all():
            raise PlotoptError(f"{name:.40} holds what is no number")
        return part

    def strokes(self, prefix: str) -> Strokes:
        """The strokes under a prefix."""
        points = self.part(f"{prefix}.points", torch.float32, (None, None, 2))
        count, controls, _ = points.shape
        _check(count <= _MOST_STROKES and 4 <= controls <= _MOST_POINTS, f"{prefix}.points")
        width_mm, opacity = (
            self.part(f"{prefix}.{name}", torch.float32, (count,)) for name in ("width_mm", "opacity")
        )
        pen = self.part(f"{prefix}.pen", torch.int64, (count,))
        _check(bool((points.abs() <= _FAR_MM).all()), f"{prefix}.points")
        _check(bool(((width_mm > 0) & (width_mm <= 100)).all()), f"{prefix}.width_mm")
        _check(bool(((opacity >= 0) & (opacity <= MAX_OPACITY)).all()), f"{prefix}.opacity")
        _check(bool(((pen >= 0) & (pen < MOST_PENS)).all()), f"{prefix}.pen")
        leaning = None
        if f"{prefix}.leaning" in self.tensors:
            leaning = self.part(f"{prefix}.leaning", torch.float32, (count, None))
        return Strokes(points, width_mm, opacity, pen, leaning, self._joints(prefix, points))

    def _joints(self, prefix: str, points: Tensor) -> Joints | None:
        if f"{prefix}.pairs" not in self.tensors:
            return None
        count, controls, _ = points.shape
        pairs = self.part(f"{prefix}.pairs", torch.int64, (None, 2))
        laid = self.part(f"{prefix}.laid", torch.int64, (count,))
        _check(not len(pairs) or controls >= 2 * SHARED, f"{prefix}.pairs")
        _check(bool(((pairs >= 0) & (pairs < count)).all()), f"{prefix}.pairs")
        _check(all(len(side.unique()) == len(side) for side in pairs.T), f"{prefix}.pairs")
        _check(bool(((laid >= 0) & (laid <= _MOST_STROKES)).all()), f"{prefix}.laid")
        joints = Joints(pairs, laid)
        # Lines that bite their own tail would be in none.
        _check(sum(map(len, joints.lines())) == count, f"{prefix}.pairs")
        return joints

    def adam(self, prefix: str, shape: torch.Size) -> Adam:
        """The state of Adam under a prefix, for values of that shape."""
        mean, square = (
            self.part(f"{prefix}.{name}", torch.float32, tuple(shape)) for name in ("mean", "square")
        )
        clock = self.part(f"{prefix}.clock", torch.float32, (shape[0], 1, 1))
        _check(bool((square >= 0).all()) and bool((clock >= 0).all()), prefix)
        return Adam(mean, square, clock)


def _moment(box: _Box, figures: Any) -> Moment:
    _check(isinstance(figures, dict), "moment")
    strokes = box.strokes("moment")
    leaning = None
    if strokes.leaning is not None:
        leaning = box.adam("moment.leaning_adam", strokes.leaning[..., None].shape)
    standing = Standing(
        strokes, box.adam("moment.adam", strokes.points.shape), leaning, _whole(figures, "steps")
    )
    memory = {
        name: box.part(f"memory.{name}", dtype, tuple(strokes.points.shape) if shape is None else shape)
        for name, (dtype, shape) in _MEMORY.items()
        if f"memory.{name}" in box.tensors
    }
    attempts, told = _plain(figures, "attempts", list), _plain(figures, "failed", list)
    _check(len(told) == 3, "failed")
    failed, in_a_row, idle = (_whole({"failed": each}, "failed") for each in told)
    return Moment(
        _whole(figures, "stage"),
        standing,
        memory,
        tuple(_attempt(box, number, each) for number, each in enumerate(attempts)),
        (failed, in_a_row, idle),
        _notes(figures),
    )


def _attempt(box: _Box, number: int, figures: Any) -> Attempt:
    _check(isinstance(figures, dict), "attempts")
    aim, spent = (_number(figures, name) for name in ("aim", "spent"))
    is_all = figures.get("is_all") is True
    return Attempt(aim, spent, box.strokes(f"attempt.{number}"), _notes(figures), is_all)


def _carried(box: _Box, edges: Any) -> Carried:
    _check(isinstance(edges, list) and len(edges) == 4, "carried")
    named = dict(zip(("left", "top", "right", "bottom"), edges, strict=True))
    place = Rect(*(_number(named, name) for name in named))
    _check(place.width > 0 and place.height > 0, "carried")
    return Carried(box.strokes("carried"), place)


def _frame(box: _Box, number: int, told: Any) -> Frame:
    _check(isinstance(told, list) and len(told) in (3, 4) and isinstance(told[0], str), "frames")
    # At first there was but one unit.
    stage, step, loss, unit_mm = (*told, UNIT_MM)[:4]
    _check(isinstance(step, int) and isinstance(loss, float | None) and _is_plain(stage), "frames")
    _check(isinstance(unit_mm, float) and 0 < unit_mm <= 1, "frames")
    points = box.part(f"frame.{number}.points", torch.int16, (None, None, 2))
    _check(len(points) <= _MOST_STROKES and 4 <= points.shape[1] <= _MOST_POINTS, "frames")
    pen = box.part(f"frame.{number}.pen", torch.uint8, (len(points),))
    return Frame(stage[:60], step, math.nan if loss is None else loss, points, pen, unit_mm)


def _notes(figures: Any) -> tuple[str, ...]:
    notes = _plain(figures, "notes", list)
    _check(all(isinstance(note, str) and _is_plain(note) for note in notes), "notes")
    return tuple(notes)


def _plain(figures: Any, name: str, kind: type[Any]) -> Any:
    value = figures.get(name) if isinstance(figures, Mapping) else None
    _check(isinstance(value, kind) and len(value) <= _MOST_ITEMS, name)
    return value


def _text(figures: Mapping[str, Any], name: str) -> str:
    value = _plain(figures, name, str)
    _check(_is_plain(value), name)
    return value


def _is_plain(text: str) -> bool:
    """Whether it can be told: no longer than any that is written, and nothing moves a terminal's cursor."""
    return len(text) <= _LONGEST_TEXT and not any(unicodedata.category(each) in ("Cc", "Cs") for each in text)


def _whole(figures: Mapping[str, Any], name: str) -> int:
    value = figures.get(name)
    _check(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9, name)
    return int(value or 0)


def _number(figures: Mapping[str, Any], name: str) -> float:
    value = figures.get(name)
    _check(isinstance(value, float | int) and abs(value) <= _LARGEST, name)
    return float(value or 0)


def _check(fits: bool, name: str) -> None:
    if not fits:
        raise PlotoptError(f"its {name:.40} cannot be right")
