"""Quality on the finished SVG beside other methods, at equal plotting time: python benchmarks/quality.py

Pictures are toned once, as plotopt does for one black pen, and every method gets the same tones. What it
draws is joined and ordered by ``plotopt plan``, timed as saxi plans it on an AxiDraw V3, rasterised by resvg
and compared with the tones: RMSE in grey levels of 255 and SSIM, after a blur of one and of three pen widths,
raw and after the best rising tone curve; see benchmarks/quality_measure.py. ``vgg`` is a distance of VGG16's
features, with --weights alone. Each method is tuned to the minutes within 3 %, or takes fewer where more only
make its drawing too dark; see quality_peers.py, quality_programs.py and quality_budget.py.

The photographs are scikit-image's, which plotopt does not need: ``pip install scikit-image`` beside it, or
give --photographs its folder ``skimage/data``. Programs of others are called where --vpype (one that has
vpype-flow-imager) and --hatched (a python that has hatched) tell; methods that are not there are named and
left out. ``--out FOLDER`` keeps SVG, preview and figures of each drawing; there, peers are drawn once, and
with ``--methods plotopt`` only plotopt is drawn anew and compared with all that lies there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CalledProcessError
from tempfile import TemporaryDirectory
from typing import Any

import quality_images
import quality_peers
import quality_programs
from quality_budget import Result, Tuner
from quality_images import Sheet
from quality_measure import VERSION, Measure, names

import plotopt
from plotopt.errors import PlotoptError

OWN = "plotopt"
METHODS = (OWN, "tsp", "squiggle", "random", "flow", "hatched")
Figures = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One row of the benchmark but for its method."""

    image: str
    paper: str
    pen_mm: float
    minutes: float

    def told(self) -> Figures:
        """The case as figures; ``minutes`` are those that a drawing takes."""
        return {"image": self.image, "paper": self.paper, "pen_mm": self.pen_mm, "budget": self.minutes}

    @property
    def folder(self) -> str:
        return f"{self.image}-{self.paper}-{self.pen_mm:g}mm-{self.minutes:g}min"


def main() -> None:
    arguments = _arguments()
    with TemporaryDirectory() as scratch:
        bench = Bench(arguments, arguments.out or Path(scratch))
        rows = list(bench.rows())
    _summarize(rows, names(arguments.weights))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


class Bench:
    """Draws what is asked for, measures it, and keeps both in a folder."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.given, self.folder = arguments, folder
        self.peers = dict(_peers(arguments))
        self.columns = names(arguments.weights)

    def rows(self) -> Iterator[Figures]:
        """The figures of every case and method, printed as they come."""
        head = f"{'':25}{'method':9}{'min':>5}{'lifts':>6}{'m':>5}{'ink':>5}"
        print(head + "".join(f"{name.replace('mapped', 'map'):>12}" for name in self.columns))
        photographs = self.given.photographs or quality_images.photographs()
        for image in self.given.images:
            for paper in self.given.papers:
                sheet = quality_images.lay_sheet(image, paper, photographs)
                for pen_mm in self.given.pens:
                    yield from self._rows(sheet, image, paper, pen_mm)

    def _rows(self, sheet: Sheet, image: str, paper: str, pen_mm: float) -> Iterator[Figures]:
        measure = Measure(sheet.wanted, sheet.place, pen_mm, self.given.weights)
        tuners = {name: Tuner(peer, sheet, pen_mm, measure) for name, peer in self.peers.items()}
        for minutes in self.given.minutes:
            case = Case(image, paper, pen_mm, minutes)
            for method in METHODS:
                row = self._kept(case, method, measure)
                if method == OWN and OWN in self.given.methods:
                    drawn = self._fit(sheet, case)
                    row = self._told(case, method, drawn, measure.figures(drawn.svg))
                elif method in tuners and row is None:
                    row = self._tuned(case, tuners[method])
                if row is not None:
                    _print_row(case, row, self.columns)
                    yield row

    def _fit(self, sheet: Sheet, case: Case) -> Result:
        """What plotopt draws in the minutes of a case."""
        page = {"paper": sheet.paper, "margin": f"{sheet.margin_mm:g}mm", "pens": f"{case.pen_mm:g}mm"}
        options = dict(word.split("=", 1) for word in self.given.option)
        drawing = plotopt.fit(sheet.picture, minutes=case.minutes, **page, **options)
        assert drawing.place == sheet.place
        return Result(drawing.svg(), drawing.statistics, drawing.statistics.strokes)

    def _tuned(self, case: Case, tuner: Tuner) -> Figures | None:
        try:
            return self._told(case, tuner.peer.name, *tuner.best(case.minutes))
        except (PlotoptError, CalledProcessError) as error:
            print(f"{case.folder:25}{tuner.peer.name:9} has no drawing: {error!s:.100}", flush=True)
            return None

    def _told(self, case: Case, method: str, result: Result, figures: dict[str, float]) -> Figures:
        """All figures of a drawing, which is kept with them."""
        made = {"density": result.density, "style": result.style}
        row = {**case.told(), "method": method, **made, **result.plot_figures(), **figures}
        self._keep(case, row, result.svg)
        return row

    def _keep(self, case: Case, row: Figures, svg: str) -> None:
        stem = self.folder / case.folder / row["method"]
        stem.parent.mkdir(parents=True, exist_ok=True)
        stem.with_suffix(".svg").write_text(svg)
        figures = {**row, "measured_as": self._measured_as(svg)}
        stem.with_suffix(".json").write_text(json.dumps(figures, indent=2) + "\n")

    def _kept(self, case: Case, method: str, measure: Measure) -> Figures | None:
        """A drawing's figures as they were kept, measured anew where the measure has changed since."""
        stem = self.folder / case.folder / method
        if not stem.with_suffix(".json").exists():
            return None
        svg = stem.with_suffix(".svg").read_text()
        row = {**json.loads(stem.with_suffix(".json").read_text()), **case.told()}
        if row.pop("measured_as") != self._measured_as(svg):
            row |= measure.figures(svg)
            self._keep(case, row, svg)
        return row

    def _measured_as(self, svg: str) -> str:
        return f"{VERSION} {bool(self.given.weights)} {hashlib.sha256(svg.encode()).hexdigest()}"


def _peers(given: argparse.Namespace) -> Iterator[tuple[str, quality_peers.Peer]]:
    """The methods asked for that there are; the others are named."""
    programs = {"flow": ("vpype", given.vpype), "hatched": ("hatched", given.hatched)}
    for method in given.methods:
        option, program = programs.get(method, ("", None))
        if option and program is None:
            print(f"{method} is left out: --{option} does not tell where it is")
        elif option:
            made = quality_programs.FlowImager if method == "flow" else quality_programs.Hatched
            yield method, made(program)
        elif method != OWN:
            own = {"tsp": quality_peers.Stippling, "squiggle": quality_peers.Squiggle}
            yield method, own.get(method, quality_peers.RandomStrokes)()


def _print_row(case: Case, row: Figures, columns: list[str]) -> None:
    told = f"{case.folder:25}{row['method']:9}{row['minutes']:5.1f}{row['lifts']:6}{row['metres']:5.1f}"
    print(f"{told}{row['ink']:5.2f}" + "".join(f"{row[name]:12.3f}" for name in columns), flush=True)


def _summarize(rows: list[Figures], columns: list[str]) -> None:
    """How plotopt does beside the best peer of each case, and of those that had three times its minutes."""
    own = {_key(row): row for row in rows if row["method"] == OWN}
    peers: dict[Case, list[Figures]] = {}
    for row in rows:
        if row["method"] != OWN:
            peers.setdefault(_key(row), []).append(row)
    equal = {case: _ratios(row, peers[case], columns) for case, row in own.items() if case in peers}
    _print_ratios("by the best peer's at equal minutes; the goal is 0.5", equal, columns)
    longer = {case: replace(case, minutes=3 * case.minutes) for case in own}
    third = {
        case: _ratios(own[case], peers[other], columns) for case, other in longer.items() if other in peers
    }
    _print_ratios("by the best peer's in three times its minutes; the goal is 1", third, columns)


def _key(row: Figures) -> Case:
    return Case(row["image"], row["paper"], row["pen_mm"], row["budget"])


def _ratios(own: Figures, peers: list[Figures], columns: list[str]) -> dict[str, float]:
    """RMSE and 1 - SSIM by the least of all peers, each figure by the peer that is best at it."""

    def fault(row: Figures, name: str) -> float:
        return 1 - row[name] if name.startswith("ssim") else row[name]

    return {name: fault(own, name) / max(min(fault(row, name) for row in peers), 1e-9) for name in columns}


def _print_ratios(title: str, ratios: Mapping[Case, dict[str, float]], columns: list[str]) -> None:
    if not ratios:
        return
    print(f"\nplotopt's RMSE and 1 - SSIM {title}")
    worst = {name: max(each[name] for each in ratios.values()) for name in columns}
    for label, each in [*((case.folder, each) for case, each in ratios.items()), ("worst", worst)]:
        print(f"{label:55}" + "".join(f"{each[name]:12.2f}" for name in columns))
    print(f"worst of all but vgg: {max(worst[name] for name in columns if name != 'vgg'):.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def listed(kind: Any) -> Any:
        return lambda text: [kind(word) for word in text.split(",")]

    parser.add_argument("--images", type=listed(str), default=list(quality_images.NAMES))
    parser.add_argument("--minutes", type=listed(float), default=[15.0, 30.0, 60.0])
    parser.add_argument("--pens", type=listed(float), default=[0.3, 0.5], help="widths in mm")
    parser.add_argument("--papers", type=listed(str), default=["a5"], help="a5 and a4")
    parser.add_argument("--methods", type=listed(str), default=list(METHODS))
    parser.add_argument(
        "--option", action="append", default=[], help="of plotopt's fit, such as quality=fine"
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--out", type=Path, help="where drawings are kept")
    parser.add_argument("--photographs", type=Path, help="scikit-image's folder of pictures")
    parser.add_argument("--weights", type=Path, help="VGG16's, for the distance of features")
    parser.add_argument("--vpype", type=Path, help="the program that has vpype-flow-imager")
    parser.add_argument("--hatched", type=Path, help="the python that has hatched")
    arguments = parser.parse_args()
    for given, there in ((arguments.methods, METHODS), (arguments.images, quality_images.NAMES)):
        for name in set(given) - set(there):
            parser.error(f"there is no {name!r}: give some of {', '.join(there)}")
    return arguments


if __name__ == "__main__":
    main()
