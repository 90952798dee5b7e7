"""The lines of drawings in lines are drawn whole; photographs and tones are left to their tones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from scipy.ndimage import gaussian_filter

from plotopt import fit
from plotopt.catalog import load_stock
from plotopt.colour.contrast import in_plot_order
from plotopt.emphasis import Emphasis
from plotopt.first_strokes.sowing import Soil
from plotopt.noting import known_notes
from plotopt.outlining import outline
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.picture import read_picture
from plotopt.posing import pose
from plotopt.settings import read_settings
from plotopt.stocks import WHITE
from plotopt.tones.tone import Tone
from plotopt.tracing import Narrow, Trace, trace_lines

PEN_PX = 5.0
SIZE = 200
CAT = Path(__file__).parent.parent / "examples/chelsea.png"
y, x = np.mgrid[:SIZE, :SIZE] + 0.5


def ring(centre=(100, 100), radius=60.0, width=3.0):
    """A thin black ring on white, with soft edges."""
    away = np.abs(np.hypot(x - centre[0], y - centre[1]) - radius)
    return 1 - np.clip(width / 2 + 0.5 - away, 0, 1)


def crossed(*degrees, width=3.0):
    """Black lines through the middle on white."""
    away = [np.abs((x - 100) * np.sin(np.deg2rad(d)) - (y - 100) * np.cos(np.deg2rad(d))) for d in degrees]
    return 1 - np.clip(width / 2 + 0.5 - np.min(away, axis=0), 0, 1)


def length_px(line):
    return np.hypot(*np.diff(line, axis=0).T).sum()


def soiled(tone, seed=0):
    """As a scanner sees it: blurred, on grey and uneven paper, with grain."""
    grain = np.random.default_rng(seed).normal(0, 0.02, tone.shape)
    return (0.15 + 0.7 * gaussian_filter(tone, 1) + 0.1 * x / SIZE + grain).clip(0, 1)


@pytest.mark.parametrize("tone", [ring(), crossed(10, 60), soiled(ring()), soiled(crossed(0, 90))])
def test_drawings_in_lines_are_known(tone):
    assert Narrow.of(tone, PEN_PX).is_drawing
    assert trace_lines(tone, PEN_PX, Trace.AUTO).lines


def test_blacks_may_be_beside_the_lines():
    tone = np.minimum(ring(), np.where((x < 40) & (y < 90), 0.08, 1.0))
    traced = trace_lines(tone, PEN_PX, Trace.AUTO)
    assert length_px(traced.lines[0]) == pytest.approx(2 * np.pi * 60, rel=0.05)
    # Into the black goes none.
    assert all(((line[:, 0] > 36) | (line[:, 1] > 94)).all() for line in traced.lines)


@pytest.mark.parametrize(
    "tone",
    [
        np.ones((SIZE, SIZE)),
        np.full((SIZE, SIZE), 0.08),
        x / SIZE,
        np.where(np.hypot(x - 100, y - 100) < 60, 0.1, 1.0),
        0.5 * ring() + 0.1,
        gaussian_filter(np.random.default_rng(0).random((SIZE, SIZE)), 2),
        # Lines on more grey than there is of them.
        np.minimum(ring(), np.where(y > 60, 0.5, 1.0)),
    ],
)
def test_tones_are_no_drawings(tone):
    assert trace_lines(tone, PEN_PX, Trace.AUTO).lines == []


@pytest.mark.parametrize("pen_mm", [0.2, 0.4, 0.8])
def test_a_photograph_is_none(pen_mm):
    light = read_picture(CAT)
    pen = Pen("black", "#000000", pen_mm)
    problem = pose(light, [pen], WHITE, Tone(), Rect(0, 0, 180, 180 / light.aspect))
    assert outline(problem, Emphasis(trace=Trace.AUTO), 500) is problem


def test_asked_for_any_picture_is_traced_and_none_where_it_is_not():
    tone = np.minimum(ring(), np.where(y > 60, 0.5, 1.0))
    assert trace_lines(tone, PEN_PX, Trace.ON).lines
    assert trace_lines(ring(), PEN_PX, Trace.OFF).lines == []


@pytest.mark.parametrize(("apart", "count"), [(5.0, 1), (9.0, 2)])
def test_lines_nearer_than_the_pen_can_draw_are_one(apart, count):
    tone = np.minimum(*(1 - np.clip(1.5 - np.abs(y - 80 - at), 0, 1) for at in (0, apart)))
    assert len(trace_lines(tone, PEN_PX, Trace.ON).lines) == count


def test_grain_of_the_paper_is_no_lines():
    grain = np.random.default_rng(0).normal(0, 0.06, (SIZE, SIZE))
    tone = (0.1 + 0.75 * ring() + 0.05 * x / SIZE + grain).clip(0, 1)
    assert not Narrow.of(tone, PEN_PX).is_drawing
    lines = trace_lines(tone, PEN_PX, Trace.AUTO).lines
    points = np.concatenate(lines)
    assert np.abs(np.hypot(*(points - 100).T) - 60).max() < 0.4 * PEN_PX
    assert sum(map(length_px, lines)) == pytest.approx(2 * np.pi * 60, rel=0.1)


@pytest.mark.parametrize("degrees", [0, 20, 39, 45, 70])
def test_blunt_ends_are_straight(degrees):
    """Thinned, they bend towards a corner."""
    along = (x - 100) * np.cos(np.deg2rad(degrees)) + (y - 100) * np.sin(np.deg2rad(degrees))
    across = (y - 100) * np.cos(np.deg2rad(degrees)) - (x - 100) * np.sin(np.deg2rad(degrees))
    tone = 1 - np.clip(3.5 - np.abs(across), 0, 1) * np.clip(60.5 - np.abs(along), 0, 1)
    (line,) = trace_lines(tone, PEN_PX, Trace.ON).lines
    way = np.deg2rad(degrees)
    off = (line[:, 1] - 100) * np.cos(way) - (line[:, 0] - 100) * np.sin(way)
    assert np.abs(off).max() < 0.1 * PEN_PX
    assert 110 < length_px(line) < 124


@pytest.mark.parametrize("slope", [0.7, 0.8, 1.0, 1.5])
def test_a_roof_has_a_ridge(slope):
    """A corner of a thick line is rounded when it is thinned, more than a corner is when lines are drawn."""
    away = np.abs((y - 40) - slope * np.abs(x - 100)) / np.hypot(1, slope)
    tone = np.where(y < 140, 1 - np.clip(3 - away, 0, 1), 1.0)
    lines = trace_lines(tone, PEN_PX, Trace.ON).lines
    assert len(lines) == 2
    ends = np.concatenate([line[[0, -1]] for line in lines])
    assert np.sort(np.hypot(*(ends - (100, 40)).T))[1] < 0.6 * PEN_PX


def test_corners_are_sharp():
    box = np.maximum(np.abs(x - 100), np.abs(y - 100))
    lines = trace_lines(1 - np.clip(2 - np.abs(box - 60), 0, 1), PEN_PX, Trace.AUTO).lines
    ends = np.concatenate([line[[0, -1]] for line in lines])
    for corner in ((40, 40), (160, 40), (40, 160), (160, 160)):
        assert np.sort(np.hypot(*(ends - corner).T))[1] < 0.3 * PEN_PX
    # And each side is straight.
    assert all(min(np.ptp(line, axis=0)) < 2 for line in lines)


@pytest.mark.parametrize(("width", "lone", "there"), [(6, False, True), (10, False, False), (10, True, True)])
def test_what_takes_more_than_a_pass_of_the_pen_is_traced_alone_only(width, lone, there):
    tone = 1 - np.clip(width / 2 + 0.5 - np.abs(y - 100), 0, 1)
    assert bool(trace_lines(tone, PEN_PX, Trace.ON, lone).lines) == there


def test_a_hairpin_stays_where_it_is():
    """Its sides never meet, so nor do they at a corner far away."""
    away = np.abs(x - 100) - 6
    hairpin = np.where(y > 60, np.abs(away), np.abs(np.hypot(x - 100, y - 60) - 6))
    tone = np.where(y < 180, 1 - np.clip(2 - hairpin, 0, 1), 1.0)
    lines = trace_lines(tone, PEN_PX, Trace.ON).lines
    points = np.concatenate(lines)
    assert points.min() > 50
    assert (points[:, 0] > 90).all()
    assert (points[:, 0] < 110).all()
    assert sum(map(length_px, lines)) == pytest.approx(2 * 120 + 6 * np.pi, rel=0.1)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.floats(0, 1, width=16))
)
def test_any_tone_has_lines_near_it_if_any(tone):
    for pen_px in (1.5, 5.0):
        for line in trace_lines(tone, pen_px, Trace.ON).lines:
            assert np.isfinite(line).all()
            assert (line > -2 * pen_px).all()
            assert (line < np.array(tone.shape[::-1]) + 2 * pen_px).all()


def test_dots_beside_a_line_are_left_to_their_tone():
    """As that of an i."""
    mark = (np.abs(y - 90) < 2) & (np.abs(x - 50) < 1)
    stem = (np.abs(x - 50) < 1) & (y > 94) & (y < 140)
    problem = outline(posed(light=np.where(mark | stem, 0.0, 1.0)), Emphasis(trace=Trace.AUTO), 500)
    pixels = problem.target.pixels[0]
    px = pixels.shape[0] / SIZE
    dot, line = (pixels[round(top * px) : round(end * px)] for top, end in ((86, 94), (105, 130)))
    assert (1 - dot).sum() > 0.8 * 0.92 * mark.sum() * px**2
    assert (1 - line).sum() < 1


def test_soiled_paper_is_known_and_clean_paper_as_well():
    assert trace_lines(ring(), PEN_PX, Trace.AUTO).paper is None
    dirt = trace_lines(soiled(ring()), PEN_PX, Trace.AUTO).paper
    # In even light.
    assert dirt == pytest.approx(1 - 0.12, abs=0.02)


BLACK = Pen("black", "#000000", 0.5)
RED = Pen("red", "#d02020", 0.5)
GEL = Pen("gel", "#f4f4f4", 0.5, opaque=True)
PLACE = Rect(10, 10, 60, 60)


def posed(pens=(BLACK,), stock=WHITE, light=None):
    picture = read_picture(ring(width=2.0) if light is None else light)
    return pose(picture, in_plot_order(pens), stock, Tone(), PLACE)


def test_a_traced_line_is_as_dark_and_as_wide_as_the_pens_and_nothing_is_left_beside_it():
    problem = outline(posed(), Emphasis(trace=Trace.AUTO), 500)
    contours, target = problem.guide.contours, problem.target
    assert contours.own
    wanted = contours.drawn_on(target)
    middle = wanted.pixels.shape[1] // 2
    row = 1 - wanted.pixels[0, middle].double().numpy()
    row_px = PLACE.width / len(row)
    # Two crossings of a ring by a row through its middle, each as wide as the pen, in tones of its full ink.
    assert row.sum() * row_px == pytest.approx(2 * BLACK.width_mm, rel=0.1)
    assert row.max() > 0.9


def test_several_pens_trace_when_asked():
    assert outline(posed((BLACK, RED)), Emphasis(trace=Trace.AUTO), 500).guide.contours is None
    contours = outline(posed((BLACK, RED)), Emphasis(trace=Trace.ON), 500).guide.contours
    assert contours.own
    assert posed((BLACK, RED)).pens[contours.pen].name == "black"


def test_light_lines_on_dark_paper_are_traced():
    night = load_stock("black")
    contours = outline(posed((GEL,), night, 1 - ring()), Emphasis(trace=Trace.AUTO), 500).guide.contours
    assert contours.own
    lengths_mm = sum(length_px(line) for line in contours.lines)
    assert lengths_mm == pytest.approx(2 * np.pi * 15, rel=0.05)


def test_own_lines_take_the_place_of_outlines():
    contours = outline(posed(), Emphasis(edges=1.0, trace=Trace.AUTO), 500).guide.contours
    assert contours.own
    away = np.concatenate([np.hypot(*(line - [35, 35]).T) for line in contours.lines])
    assert np.abs(away - 15).max() < 0.3


def test_masks_cut_lines_off():
    mask = np.ones((20, 20))
    mask[:, :10] = 0
    contours = outline(posed(), Emphasis(mask=mask, trace=Trace.AUTO), 500).guide.contours
    assert min(line[:, 0].min() for line in contours.lines) > 34


def test_soiled_paper_is_left_blank():
    problem = outline(posed(light=soiled(ring())), Emphasis(trace=Trace.AUTO), 500)
    assert (problem.target.pixels[0, :20] == 1).float().mean() > 0.95


def photographed(tone):
    """In the light of a window, with the soft shadow of a hand on a third of the sheet and grain."""
    light = (0.95 - 0.4 * x / SIZE) * (1 - 0.4 / (1 + np.exp(-(x + y - 1.3 * SIZE) / 6)))
    return (light * (0.1 + 0.9 * tone) + np.random.default_rng(0).normal(0, 0.01, tone.shape)).clip(0, 1)


@pytest.mark.parametrize("tone", [ring(), crossed(10, 60), np.minimum(ring(), np.where(x < 15, 0.1, 1))])
def test_a_photographed_drawing_is_known_and_its_shadows_are_left_blank(tone):
    light = photographed(tone)
    traced, clean = (trace_lines(each, PEN_PX, Trace.AUTO) for each in (light, tone))
    length, wanted = (sum(map(length_px, each.lines)) for each in (traced, clean))
    assert length == pytest.approx(wanted, rel=0.05)
    problem = outline(posed(light=light), Emphasis(trace=Trace.AUTO), 500)
    rows, columns = problem.target.pixels.shape[1:]
    beyond = problem.target.pixels[0, round(0.87 * rows) :, round(0.87 * columns) :]
    assert (1 - beyond).mean() < 0.01
    assert (1 - posed(light=light).target.pixels[0, 174:, 174:]).mean() > 0.2


def test_light_is_evened_for_drawings_alone():
    wash = np.where((x > 60) & (x < 140) & (y > 60) & (y < 140), 0.4, 1.0)
    assert trace_lines(photographed(np.minimum(ring(), wash)), PEN_PX, Trace.ON).left is None
    assert trace_lines(photographed(ring()), PEN_PX, Trace.ON).left is not None
    assert trace_lines(ring(), PEN_PX, Trace.ON).left is None


def test_the_user_is_told():
    given_ones = read_settings(pens="black:0.5mm")
    told = known_notes(given_ones, outline(posed(), Emphasis(trace=Trace.AUTO), 500))
    assert any("--trace off" in note for note in told)
    assert not any("--trace off" in note for note in known_notes(given_ones, posed()))
    touring = read_settings(pens="black:0.5mm", single_line="tour")
    problem = outline(posed(), Emphasis(trace=Trace.AUTO), 500)
    assert not any("--trace off" in note for note in known_notes(touring, problem))


def test_a_wash_on_clean_paper_stays_as_it_is():
    light = np.minimum(ring(), np.where((x > 80) & (x < 120) & (y > 80) & (y < 120), 0.95, 1.0))
    wash = posed(light=light).target.pixels[0, 100, 100]
    problem = outline(posed(light=light), Emphasis(trace=Trace.AUTO), 500)
    rows, columns = problem.target.pixels.shape[1:]
    assert problem.target.pixels[0, rows // 2, columns // 2] == pytest.approx(float(wash), abs=1e-4)


@pytest.mark.parametrize("stock", ["ivory", "cream"])
def test_pale_colours_on_tinted_paper_stay(stock):
    light = np.repeat(ring()[..., None], 3, axis=2)
    light[90:110, 90:110] = (1.0, 0.84, 0.84)
    given = posed((BLACK, RED), load_stock(stock), light)
    problem = outline(given, Emphasis(trace=Trace.ON), 500)
    rows, columns = problem.target.pixels.shape[1:]
    before, after = given.target.pixels[:, 100, 100], problem.target.pixels[:, rows // 2, columns // 2]
    assert problem.guide.contours.own
    assert after.tolist() == pytest.approx(before.tolist(), abs=1e-3)


def test_lines_of_one_pen_on_tinted_paper_are_known():
    problem = outline(posed(stock=load_stock("cream")), Emphasis(trace=Trace.AUTO), 500)
    assert problem.guide.contours.own


def test_a_threshold_leaves_faint_lines_out():
    faint = 1 - 0.6 * (1 - ring(radius=30, width=2.0))
    light = np.minimum(ring(width=2.0), faint)
    asked = Emphasis(paper_threshold=0.4, trace=Trace.AUTO)
    contours = outline(posed(light=light), asked, 500).guide.contours
    away = np.concatenate([np.hypot(*(line - [35, 35]).T) for line in contours.lines])
    assert np.abs(away - 15).max() < 0.3


def test_the_user_is_told_of_lines_left_out_and_they_are_not_wanted():
    rows = np.min([1 - np.clip(1.5 - np.abs(y - at), 0, 1) for at in range(20, 190, 20)], axis=0)
    problem = outline(posed(light=rows), Emphasis(trace=Trace.AUTO), 500)
    soil = Soil.of(problem.target, problem.pens, problem.inks, problem.guide)
    all_of_it, some = (soil.sown(count, np.random.default_rng(0)) for count in (200, 12))
    assert not any("left out" in note for note in all_of_it.notes)
    assert any("left out" in note for note in some.notes)
    ink = [float((1 - sown.target.pixels).sum()) for sown in (all_of_it, some)]
    drawn = [float(sown.strokes.lengths_mm().sum()) for sown in (all_of_it, some)]
    assert ink[1] / ink[0] == pytest.approx(drawn[1] / drawn[0], rel=0.1)


def test_strokes_that_tones_have_no_use_for_are_for_lines():
    rows = np.min([1 - np.clip(1.5 - np.abs(y - at), 0, 1) for at in range(20, 195, 9)], axis=0)
    light = np.minimum(rows, np.where((x < 6) & (y < 6), 0.1, 1))
    problem = outline(posed(light=light), Emphasis(trace=Trace.AUTO), 500)
    soil = Soil.of(problem.target, problem.pens, problem.inks, problem.guide)
    toned = int(sum(bed.useful for bed in soil.field.beds(soil.coarse)))
    pieces = len(problem.guide.contours.lines)
    # A tenth would be kept for tones.
    assert 0 < toned < int(0.1 * (pieces + toned))
    sown = soil.sown(pieces + toned, np.random.default_rng(0))
    assert not any("left out" in note for note in sown.notes)


def test_crossed_hatching_is_its_lines():
    tone = np.where(((x + y) % 30 < 3) | ((x - y) % 30 < 3), 0.0, 1.0)
    lines = trace_lines(tone, PEN_PX, Trace.AUTO).lines
    assert len(lines) < 40
    # Along either diagonal.
    ends = np.abs([line[-1] - line[0] for line in lines if length_px(line) > 20])
    assert ends[:, 0] == pytest.approx(ends[:, 1], abs=3)


def test_a_web_of_nodes_is_no_node():
    """Three hatchings cross so often that all their nodes are near to others."""
    tone = np.where(((x + y) % 12 < 2) | ((x - y) % 12 < 2) | (x % 12 < 2), 0.0, 1.0)
    lines = trace_lines(tone, PEN_PX, Trace.AUTO).lines
    assert sum(map(length_px, lines)) < 3 * SIZE**2 / 8


@pytest.mark.parametrize("trace", ["auto", "off"])
def test_a_thin_ring_is_plotted_in_one_piece(trace):
    image = Image.fromarray((255 * ring(width=1.5)).astype(np.uint8))
    drawing = fit(
        image, pens="black:0.5mm", paper="60x60mm", margin="5mm", strokes=60, quality="draft", trace=trace
    )
    chains = [chain for layer in drawing.layers for chain in layer.chains]
    angles = np.concatenate([np.arctan2(*(points.reshape(-1, 2) - 30).T) for points in chains])
    gap_mm = 15 * np.diff(np.sort(angles)).max()
    # Thinner than the pen, it would be dashes by its tone.
    assert (gap_mm < 2 and len(chains) <= 2) if trace == "auto" else len(chains) > 5


def test_lines_that_run_one_into_the_other_are_crossed_in_the_plot():
    image = Image.fromarray((255 * crossed(0, 90, width=1.5)).astype(np.uint8))
    drawing = fit(image, pens="black:0.5mm", paper="60x60mm", margin="5mm", strokes=60, quality="draft")
    chains = [chain for layer in drawing.layers for chain in layer.chains]
    spans = sorted(tuple(np.ptp(points.reshape(-1, 2), axis=0).round().astype(int)) for points in chains)
    assert [min(span) for span in spans] == [0, 0]
    assert [span[0] > 40 for span in spans] == [False, True]
