"""Pen-up travel beside vpype's: python benchmarks/order.py [--full] [--best] [--json FILE]

Random strokes on 200 x 200 mm, and strokes seeded on examples/chelsea.png, 270 mm wide, with a pen of 0.4 mm.
vpype runs its own processors ``linemerge`` (0.4 mm) and ``linesort --two-opt`` in this process. It counts no
way home; here both do. Two-opt takes quadratic time: beyond 5,000 strokes vpype runs with --full only.

--best compares with the shortest trip by moves to the 12 nearest ends of each end, up to 300 strokes: an
integer program, solved by HiGHS (in SciPy); a cut is added for each closed part of the trip until there is
but one. Where its time runs out the length is a lower bound, marked with >.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image
from scipy import optimize, sparse

from plotopt import bezier
from plotopt.first_strokes import seeding
from plotopt.plot import joining, neighbours, order
from plotopt.plot.chains import Chain, pen_up_moves_mm

SIZES = (100, 300, 1000, 2000, 5000, 20_000, 50_000)
LARGEST_FOR_VPYPE, LARGEST_FOR_BEST = 5000, 300
LONG_SIDE_PX, LONG_SIDE_MM, PEN_MM = 900, 270.0, 0.4
BEST_S = 30.0
CHELSEA = Path(__file__).parent.parent / "examples" / "chelsea.png"


def random_strokes(count: int) -> list[Chain]:
    places = np.random.default_rng(count).uniform(0, 200, (count, 2, 2))
    return [bezier.line_curve(start, end)[None] for start, end in places]


def seeded_strokes(count: int) -> list[Chain]:
    picture = Image.open(CHELSEA).convert("L")
    scale = LONG_SIDE_PX / max(picture.size)
    tone = np.asarray(picture.resize([round(side * scale) for side in picture.size])) / 255
    mm_per_px = LONG_SIDE_MM / LONG_SIDE_PX
    seeds = seeding.seed(tone, count, PEN_MM / mm_per_px, min(tone.shape) / 3, np.random.default_rng(count))
    return [mm_per_px * curve[None] for curve in seeds.control_points(1)]


def vpype_sort(strokes: Sequence[Chain]) -> float:
    """The pen-up travel in mm after vpype's merging and sorting."""
    import vpype
    import vpype_cli

    state = vpype_cli.State(vpype.Document(vpype.LineCollection([_ends(stroke) for stroke in strokes])))
    vpype_cli.linemerge.callback(tolerance=PEN_MM, no_flip=False, layer=[1])(state)
    # A line that ends at home and begins beyond all reach stays first and makes the order begin at home.
    anchored = vpype.LineCollection([np.array([-1e6 - 1e6j, 0]), *state.document.layers[1].lines])
    state = vpype_cli.State(vpype.Document(anchored))
    vpype_cli.linesort.callback(no_flip=False, two_opt=True, passes=250, layer=[1])(state)
    ordered = state.document.layers[1].lines[1:]
    leaves = np.array([0, *(line[-1] for line in ordered)])
    return float(np.abs(np.array([*(line[0] for line in ordered), 0]) - leaves).sum())


def _ends(chain: Chain) -> np.ndarray:
    return np.array([complex(*chain[0, 0]), complex(*chain[-1, 3])])


def timed(work: Callable):
    begun = perf_counter()
    result = work()
    return result, perf_counter() - begun


def shortest_trip(chains: Sequence[Chain]) -> tuple[float, bool]:
    """The least pen-up travel in mm and whether it was reached; otherwise a lower bound."""
    points = np.array([[chain[0, 0], chain[-1, 3]] for chain in chains] + [[[0, 0]] * 2], float).reshape(
        -1, 2
    )
    a, b, lengths = _moves(points)
    rows, columns = np.concatenate([a, b]), np.tile(np.arange(len(a)), 2)
    degree = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), (len(points), len(a))).tocsr()
    cuts: list[np.ndarray] = []
    bound, until = 0.0, perf_counter() + BEST_S
    for whole in (0, 1):
        while perf_counter() < until:
            matrix = sparse.vstack([degree, sparse.csr_matrix(np.array(cuts).reshape(-1, len(a)))])
            low = np.append(np.ones(len(points)), np.full(len(cuts), 2.0))
            high = np.append(np.ones(len(points)), np.full(len(cuts), np.inf))
            solved = optimize.milp(
                lengths,
                constraints=optimize.LinearConstraint(matrix, low, high),
                bounds=(0, 1),
                integrality=np.full(len(a), whole),
                options={"time_limit": max(until - perf_counter(), 0.1)},
            )
            bound = max(bound, solved.mip_dual_bound if whole else solved.fun or 0.0)
            if solved.x is None or solved.status != 0:
                break
            parts, part = _parts(a, b, solved.x, len(points))
            if parts == 1 and whole:
                return float(solved.fun), True
            if parts == 1:
                break
            cuts += [((part[a] == i) != (part[b] == i)).astype(float) for i in range(parts)]
    return float(bound), False


def _moves(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    near = neighbours.nearest(points, np.arange(len(points)) ^ 1, 12)
    rows, columns = np.nonzero(near.ends >= 0)
    pairs = np.sort(np.stack([rows, near.ends[rows, columns]], 1), 1)
    a, b = np.unique(pairs, axis=0).T
    return a, b, np.linalg.norm(points[a] - points[b], axis=1)


def _parts(a: np.ndarray, b: np.ndarray, taken: np.ndarray, ends: int) -> tuple[int, np.ndarray]:
    on = taken > 1e-6
    rows = np.concatenate([a[on], np.arange(0, ends, 2)])
    columns = np.concatenate([b[on], np.arange(1, ends, 2)])
    graph = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), (ends, ends))
    return sparse.csgraph.connected_components(graph, directed=False)


def measure(name: str, strokes: Sequence[Chain], arguments: argparse.Namespace) -> dict:
    chains, merging_s = timed(lambda: joining.merge(strokes, PEN_MM))
    ordered, ours_s = timed(lambda: order.sort(chains))
    row: dict = {"strokes": len(strokes), "kind": name, "paths": len(chains), "merging_s": merging_s}
    row |= {"ours_mm": float(pen_up_moves_mm(ordered).sum()), "ours_s": ours_s}
    if arguments.full or len(strokes) <= LARGEST_FOR_VPYPE:
        row["vpype_mm"], row["vpype_s"] = timed(lambda: vpype_sort(strokes))
    if arguments.best and len(strokes) <= LARGEST_FOR_BEST:
        row["best_mm"], row["proven"] = shortest_trip(chains)
    return row


def line_of(row: dict) -> str:
    cells = [f"{row['strokes']:,}", row["kind"], f"{row['paths']:,}", f"{row['ours_mm']:,.0f}"]
    vpype_mm = row.get("vpype_mm")
    cells += [f"{vpype_mm:,.0f}", f"{row['ours_mm'] / vpype_mm - 1:+.1%}"] if vpype_mm else ["", ""]
    cells += [f"{row['merging_s']:.2f}", f"{row['ours_s']:.2f}"]
    cells += [f"{row['vpype_s']:.2f}" if vpype_mm else ""]
    best = row.get("best_mm")
    cells += [
        f"{'' if row['proven'] else '> '}{best:,.0f} ({row['ours_mm'] / best - 1:+.1%})" if best else ""
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--full", action="store_true", help="vpype at every size: minutes")
    parser.add_argument("--best", action="store_true", help="the shortest trip of all, up to 300 strokes")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    # Compiled, and vpype imported, before anything is timed.
    order.sort(joining.merge(random_strokes(2500), PEN_MM))
    vpype_sort(random_strokes(20))
    titles = "strokes | kind | paths | pen up mm | vpype mm | less | merge s | sort s | vpype s | shortest mm"
    print(f"| {titles} |\n|{'---|' * len(titles.split('|'))}")
    rows = []
    for size in arguments.sizes:
        for name, make in (("random", random_strokes), ("seeded", seeded_strokes)):
            rows.append(measure(name, make(size), arguments))
            print(line_of(rows[-1]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
