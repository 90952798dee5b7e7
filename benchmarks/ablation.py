"""What each idea is worth: fits with one of them off, or one more on, at equal plotting minutes.

    python benchmarks/ablation.py --photographs FOLDER [--minutes 15] [--out FOLDER]

Drawings are measured as in benchmarks/quality.py, on A5 with a pen of 0.4 mm. A row tells the means over the
pictures, and RMSE and 1 - SSIM in parts of those of the fit as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import quality_images
import torch
from quality_images import Sheet
from quality_measure import Measure

import plotopt
from plotopt import posing, stages
from plotopt.first_strokes import bed, linking
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives import likeness
from plotopt.objectives.problem import Problem
from plotopt.stages import Quality

_PEN_MM = 0.4
_COLUMNS = ("rmse_1_raw", "ssim_1_raw", "rmse_3_raw", "ssim_3_raw", "rmse_3_mapped", "ssim_3_mapped")

# The loss's weights with coarse levels alike.
_ALIKE = (0.05, 0.8, 3.0, 3.3, 3.3, 3.3)
_WARM, _DETAIL = stages.stages_for(Quality.NORMAL)
_HALF = stages._STAGES | {Quality.NORMAL: (_WARM, replace(_DETAIL, steps=_DETAIL.steps // 2))}
_COARSE = stages._STAGES | {Quality.NORMAL: (replace(_WARM, long_side_px=256), _DETAIL)}
_COLD = stages._STAGES | {Quality.NORMAL: (_DETAIL,)}


@dataclass(frozen=True)
class Variant:
    """A fit with other options, or with a part of the program replaced by one that does nothing."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[tuple[Any, str, Any], ...] = ()


def _stay(strokes: Any, *_: Any) -> tuple[Any, torch.Tensor]:
    return strokes, torch.arange(len(strokes))


_LEFT_CROSSED = (likeness, "untangle", _stay)

VARIANTS = (
    Variant("as it is"),
    Variant("seed 1", {"seed": 1}),
    Variant("seed 2", {"seed": 2}),
    Variant("seed 3", {"seed": 3}),
    Variant("no links", {"link": 0.0}),
    Variant("links that may cross lines", parts=((linking, "_crossed", lambda *_: 0),)),
    Variant("no accents", parts=((bed, "accents", lambda *_: []),)),
    Variant("lines left crossed", parts=((bed, "untangled", lambda whole, _: whole), _LEFT_CROSSED)),
    Variant("freed from crossings at first alone", parts=(_LEFT_CROSSED,)),
    Variant("warm start at 256 px", parts=((stages, "_STAGES", _COARSE),)),
    Variant("no warm start", parts=((stages, "_STAGES", _COLD),)),
    Variant("no tones asked otherwise", parts=((likeness.Likeness, "_retone", lambda *_: None),)),
    Variant("coarse levels alike", parts=((posing, "PyramidLoss", partial(PyramidLoss, _ALIKE)),)),
    Variant("half the steps", parts=((stages, "_STAGES", _HALF),)),
    Variant("no strokes moved", parts=((likeness, "relocate", _stay),)),
    Variant("draft", {"quality": "draft"}),
    Variant("fine", {"quality": "fine"}),
    Variant("neither smoothness nor grain", {"stiffness": 0.0}),
    Variant("no grain", parts=((Problem, "grained", lambda problem: problem),)),
    Variant("stiffness 3", {"stiffness": 3.0}),
    Variant("crossings 1", {"crossings": 1.0}),
    Variant("detail off", {"detail": "off"}),
    Variant("detail auto", {"detail": "auto"}),
    Variant("edges 0.3", {"edges": 0.3}),
    Variant("strokes of 5 mm, not linked", {"length": 5.0, "link": 0.0}),
)


def main() -> None:
    given = _arguments()
    sheets = {name: quality_images.lay_sheet(name, "a5", given.photographs) for name in given.images}
    chosen = [each for each in VARIANTS if not given.variants or each.name in given.variants]
    print(f"{'':30}{'min':>6}{'lifts':>7}{'m':>6}" + "".join(f"{name:>15}" for name in _COLUMNS))
    base: dict[str, float] = {}
    for variant in chosen:
        rows = list(_rows(variant, sheets, given))
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        base = base or means
        told = f"{variant.name:30}{means['minutes']:6.1f}{means['lifts']:7.0f}{means['metres']:6.1f}"
        print(told + "".join(_told(name, means, base) for name in _COLUMNS), flush=True)


def _told(name: str, means: Mapping[str, float], base: Mapping[str, float]) -> str:
    fault, usual = (1 - row[name] if name.startswith("ssim") else row[name] for row in (means, base))
    value = f"{means[name]:.4f}" if name.startswith("ssim") else f"{means[name]:.2f}"
    return f"{value + f' x{fault / usual:.2f}':>15}"


def _rows(
    variant: Variant, sheets: Mapping[str, Sheet], given: argparse.Namespace
) -> Iterator[dict[str, float]]:
    for name, sheet in sheets.items():
        options = {"paper": "a5", "margin": f"{sheet.margin_mm:g}mm", "pens": f"{_PEN_MM:g}mm"}
        with ExitStack() as replaced:
            for owner, attribute, part in variant.parts:
                replaced.enter_context(patch.object(owner, attribute, part))
            drawing = plotopt.fit(sheet.picture, minutes=given.minutes, **options, **variant.options)
        plot, svg = drawing.statistics, drawing.svg()
        if given.out:
            stem = given.out / f"{name}-{variant.name.replace(' ', '-')}"
            given.out.mkdir(parents=True, exist_ok=True)
            drawing.save(stem.with_suffix(".svg"), force=True)
        figures = Measure(sheet.wanted, sheet.place, _PEN_MM).figures(svg)
        yield {"minutes": plot.minutes, "lifts": plot.lifts, "metres": plot.pen_down_m, **figures}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def listed(text: str) -> list[str]:
        return text.split(",")

    parser.add_argument("--images", type=listed, default=["camera", "face", "coffee"])
    parser.add_argument("--variants", type=listed, help="by name, commas between; all without")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--photographs", type=Path, help="scikit-image's folder of pictures")
    parser.add_argument("--out", type=Path, help="keep the drawings there")
    given = parser.parse_args()
    given.photographs = given.photographs or quality_images.photographs()
    return given


if __name__ == "__main__":
    main()
