"""Draws the twenty SVG files beside it, always the same: ``python draw.py``."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

A4, A3, A5_PORTRAIT = (297, 210), (420, 297), (148, 210)
CENTER = np.array([140, 100])
KAPPA = 0.5522847498


def polyline(points) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)


def curve(points) -> str:
    """Cubics that share their ends: 3 n + 1 points."""
    pairs = [f"{x:.2f} {y:.2f}" for x, y in points]
    return f"M{pairs[0]}C" + " ".join(pairs[1:])


def smooth(points) -> str:
    """A Catmull-Rom spline through the points."""
    tangents = np.gradient(points, axis=0) / 3
    inner = [
        (a, a + s, b - t) for a, b, s, t in zip(points, points[1:], tangents, tangents[1:], strict=False)
    ]
    return curve([*np.concatenate(inner), points[-1]])


def circle(center, radius) -> str:
    corners = np.array([[1, 0], [1, KAPPA], [KAPPA, 1]])
    turns = [np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), i) for i in range(4)]
    ring = np.concatenate([corners @ turn for turn in turns] + [[[1, 0]]])
    return curve(center + radius * ring)


def polar(radius, angle):
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)


def near_first(points):
    """Greedy order, as a plotter would visit them."""
    left, order = list(range(1, len(points))), [0]
    while left:
        order.append(left.pop(int(np.argmin(np.linalg.norm(points[left] - points[order[-1]], axis=1)))))
    return points[order]


def strokes(rng, points, shortest, longest) -> Iterator[str]:
    """Bent strokes, one a point, of a random direction and length."""
    for point in points:
        along = polar(rng.uniform(shortest, longest), rng.uniform(0, 2 * np.pi))
        bends = rng.normal(0, 0.2, (2, 1)) * along[::-1] * [1, -1]
        yield curve([point, point + along / 3 + bends[0], point + along * 2 / 3 + bends[1], point + along])


def word(rng, x, y) -> Iterator[str]:
    """Letters that are none: a stem and a bow of 2 to 4 mm."""
    for letter in range(rng.integers(3, 8)):
        left, height = x + 2.6 * letter, rng.choice([2.0, 4.0])
        yield polyline([(left, y), (left, y - height), (left + 0.4, y - height)])
        bow = np.array([[0, -height], [2.2, -height], [2.4, -height / 2], [0.2, -height / 2]])
        yield curve(np.array([left + 0.2, y]) + bow)
        if rng.random() < 0.4:
            yield polyline([(left + 0.3, y - height / 2), (left + 1.7, y)])


def random_walk(rng, step, turn, count):
    angles = np.cumsum(rng.normal(0, turn, count))
    points = np.array([150, 100]) + np.cumsum(polar(step, angles), 0)
    return 5 + np.abs((points - 5) % (2 * 195) - 195)


def drawings(rng) -> Iterator[tuple[str, tuple[int, int], list[list[str]]]]:
    """Names, page sizes in mm, and the paths of each layer."""
    marks = near_first(rng.uniform(15, 195, (400, 2)))
    yield "single_line", A4, [[polyline([(20, 30), (250, 160)])]]
    yield "dots", A4, [[polyline([p, p + np.array([0.3, 0])]) for p in marks[:250]]]
    yield "small_circles", A4, [[circle(p, rng.uniform(0.3, 2)) for p in marks[:150]]]
    rows = np.arange(20, 190, 1.2)
    yield "hatching_one_way", A4, [[polyline([(30, y), (110, y)]) for y in rows]]
    yield (
        "hatching_serpentine",
        A4,
        [[polyline([(30, y), (90, y)][:: 1 - 2 * (i % 2)]) for i, y in enumerate(rows)]],
    )
    waves = [np.stack([np.linspace(15, 280, 14), rng.uniform(40, 170, 14)], 1) for _ in range(12)]
    yield "long_curves", A4, [[smooth(wave) for wave in waves]]
    teeth = [(20 + 1.5 * i, 60 + 80 * (i % 2)) for i in range(120)]
    yield "sharp_zigzag", A4, [[polyline(teeth)]]
    yield "short_zigzag", A4, [[polyline(random_walk(rng, 2.5, 1.2, 150)) for _ in range(8)]]
    turns = np.linspace(0, 2 * np.pi * 20, 1500)
    yield "spiral_polyline", A4, [[polyline(CENTER + polar(2 + 0.7 * turns, turns))]]
    coarse = np.linspace(0, 2 * np.pi * 25, 300)
    yield "spiral_curve", A4, [[smooth(CENTER + polar(1 + 0.5 * coarse, coarse))]]
    words = [word(rng, x, y) for y in range(30, 190, 12) for x in (20, 55, 90)]
    yield "text", A5_PORTRAIT, [[letter for letters in words for letter in letters]]
    yield "tiny_strokes", A4, [list(strokes(rng, marks, 0.3, 1.0))]
    yield "circles", A4, [[circle(CENTER, radius) for radius in np.arange(3, 90, 4)]]
    far = rng.uniform((10, 10), (400, 280), (60, 2))
    yield "far_travel", A3, [list(strokes(rng, far, 5, 20))]
    layers = [near_first(rng.uniform(20, 180, (80, 2))) for _ in range(3)]
    yield "layers", A4, [list(strokes(rng, layer, 3, 12)) for layer in layers]
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    yield "squares", A4, [[polyline(p + rng.uniform(1, 15) * square) for p in marks[:120]]]
    sides = [polar(rng.uniform(2, 9), 2 * np.pi * np.arange(n + 1) / n) for n in rng.integers(3, 13, 120)]
    yield "polygons", A4, [[polyline(p + side) for p, side in zip(marks, sides, strict=False)]]
    yield "noisy_line", A4, [[polyline(random_walk(rng, 0.25, 0.3, 700)) for _ in range(3)]]
    yield "scribble", A4, [[curve(rng.uniform(20, 190, (3 * 40 + 1, 2)))]]
    yield "strokes", A4, [list(strokes(rng, marks, 3, 15))]


def write(path: Path, page: tuple[int, int], layers: list[list[str]]) -> None:
    width, height = page
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
        f'width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">'
    ]
    for number, paths in enumerate(layers, 1):
        lines.append(
            f'<g id="layer{number}" inkscape:groupmode="layer" inkscape:label="{number}-layer" '
            'fill="none" stroke="black">'
        )
        lines += [f'<path d="{d}"/>' for d in paths]
        lines.append("</g>")
    path.write_text("\n".join([*lines, "</svg>", ""]))


if __name__ == "__main__":
    for name, page, layers in drawings(np.random.default_rng(4)):
        write(Path(__file__).with_name(f"{name}.svg"), page, layers)
