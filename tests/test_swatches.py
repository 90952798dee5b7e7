"""Swatch sheets: all ink in its own place, tones as they should be, labels that can be read."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import PROFILE

from plotopt import bezier
from plotopt.catalog import list_pens, load_stock
from plotopt.errors import PlotoptError
from plotopt.page import parse_paper
from plotopt.pens import Pen, parse_pen
from plotopt.swatches import draw_swatches

BLACK = Pen("black", "#000000", 0.4)
WHITE_GEL = Pen("gel", "#ffffff", 0.4, opaque=True)
A4 = parse_paper("A4")


def pens_of(*widths_mm):
    return [Pen(f"p{number}", f"#0000{number:02x}", width) for number, width in enumerate(widths_mm)]


def extent(chains, pen):
    """Left, top, right and bottom of all ink."""
    points = np.concatenate([bezier.flatten(chain, 0.001) for chain in chains])
    return (*(points.min(0) - pen.width_mm / 2), *(points.max(0) + pen.width_mm / 2))


def hatching(layer, side_mm=10.0):
    """The chains of the patches: each begins with an upright line as high as a patch."""
    height_mm = side_mm - layer.pen.width_mm
    first = [np.abs(chain[0, 3] - chain[0, 0]) for chain in layer.chains]
    wanted = pytest.approx((0, height_mm), abs=1e-6)
    return [chain for chain, step in zip(layer.chains, first, strict=True) if tuple(step) == wanted]


def test_a_layer_a_pen_in_the_order_given():
    pens = pens_of(0.5, 0.2, 0.3)
    drawing = draw_swatches(pens, A4, PROFILE)
    assert [layer.pen for layer in drawing.layers] == pens
    assert all(layer.strokes == len(layer.chains) > 0 for layer in drawing.layers)
    assert drawing.metadata["options"]["pens"] == [pen.text for pen in pens]
    twice = draw_swatches([*pens, pens[0]], A4, PROFILE)
    assert [layer.pen for layer in twice.layers] == pens


def test_the_tones_of_a_pen_by_hand():
    """A patch is 10 mm wide: 6, 12 (12.5), 19 (18.75) and 25 lines of 0.4 mm, the last without lifts."""
    (layer,) = draw_swatches([BLACK], A4, PROFILE).layers
    lines = hatching(layer)
    assert len(lines) == 6 + 12 + 19 + 1
    solid = max(lines, key=len)
    assert len(solid) == 25 + 24
    left, top, right, bottom = extent([solid], BLACK)
    assert (right - left, bottom - top) == pytest.approx((10, 10))
    assert np.abs(np.diff(solid[::2, 0, 0])).max() <= 0.4 + 1e-9


def test_patches_lie_side_by_side_without_touching():
    (layer,) = draw_swatches([BLACK], A4, PROFILE).layers
    places = sorted(chain[0, 0, 0] for chain in hatching(layer) if len(chain) == 1)
    gaps = sorted(np.diff(places))[::-1]
    # From the last line of a patch to the first of the next: 2 mm and half a pen at either side.
    assert gaps[:2] == pytest.approx([2.4, 2.4])
    assert gaps[2] == pytest.approx(9.6 / 5)


def test_a_wide_pen_has_fewer_patches():
    """4 mm in a patch of 12.8 mm: one line, two (1.6 and 2.4), and four."""
    (layer,) = draw_swatches([Pen("wide", "#f08030", 4.0)], parse_paper("100x200mm"), PROFILE).layers
    lines = hatching(layer, 80 / 6.3)
    assert [len(line) for line in lines] == [1, 1, 1, 7]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.05, 4), min_size=1, max_size=40),
    st.sampled_from(["A5", "A4", "A3", "150x400mm"]).map(parse_paper),
)
def test_no_ink_leaves_its_card_or_the_frame(widths_mm, paper):
    pens = pens_of(*widths_mm)
    machine = replace(PROFILE, travel_x_mm=900, travel_y_mm=900)
    try:
        drawing = draw_swatches(pens, paper, machine)
    except PlotoptError as error:
        complaint = str(error)
        drawing = None
    if drawing is None:
        assert re.search("show fewer pens or take larger paper", complaint)
        return
    frame = drawing.page.frame
    boxes = []
    for layer in drawing.layers:
        left, top, right, bottom = extent(layer.chains, layer.pen)
        assert left >= frame.left - 1e-6
        assert top >= frame.top - 1e-6
        assert right <= frame.right + 1e-6
        assert bottom <= frame.bottom + 1e-6
        patches = [chain for chain in layer.chains if abs(chain[0, 0, 1] - chain[0, 3, 1]) > 0]
        boxes.append(extent([max(patches, key=len)], layer.pen))
    for one in range(len(boxes)):
        for other in range(one):
            a, b = boxes[one], boxes[other]
            apart = a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]
            assert apart


def test_more_pens_than_fit_are_refused_with_the_figures():
    with pytest.raises(
        PlotoptError, match=r"200 pens get patches of .* on A4 paper and need 5 mm: show fewer"
    ):
        draw_swatches(pens_of(*[0.3] * 200), A4, PROFILE)
    with pytest.raises(PlotoptError, match=r"1 pens get patches"):
        draw_swatches([parse_pen("20mm")], parse_paper("A6"), PROFILE)
    with pytest.raises(PlotoptError, match="no pens"):
        draw_swatches([], A4, PROFILE)


def test_paper_out_of_the_machines_reach_is_refused():
    with pytest.raises(PlotoptError, match="Test machine"):
        draw_swatches([BLACK], parse_paper("A2"), PROFILE)


def test_the_whole_catalogue_fits_on_a4():
    drawing = draw_swatches(list_pens(), A4, PROFILE)
    assert len(drawing.layers) == len(list_pens())


def test_who_writes():
    """A pen that does not show or is too wide leaves the writing to the one that writes best."""
    fine, faint, wide = BLACK, Pen("faint", "#fefefe", 0.3), Pen("wide", "#102030", 2.0)
    (alone,) = draw_swatches([fine], A4, PROFILE).layers
    first, second, third = draw_swatches([fine, faint, wide], A4, PROFILE).layers
    assert len(first.chains) > len(alone.chains)
    # Nothing but patches and a scribble: 8, 17, 25 lines and a serpentine; 1, 2, 4 and a serpentine.
    assert len(second.chains) == 8 + 17 + 25 + 1 + 1
    assert len(third.chains) == 1 + 2 + 4 + 1 + 1
    assert len(draw_swatches([wide], A4, PROFILE).layers[0].chains) == len(third.chains)


def test_white_gel_writes_on_black():
    black = load_stock("black")
    drawing = draw_swatches([WHITE_GEL, BLACK], A4, PROFILE, black)
    assert drawing.stock == black
    gel, ink = drawing.layers
    assert len(gel.chains) > len(ink.chains)
    assert [note for note in drawing.notes if "#000000" in note and "black card" in note]
    assert not [note for note in drawing.notes if "#ffffff" in note]
