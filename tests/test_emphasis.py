"""What of a picture is drawn: masks, light tones left blank, faint tones; outlines as lines."""

import numpy as np
import pytest
import torch

from plotopt.catalog import load_stock
from plotopt.colour.contrast import in_plot_order
from plotopt.emphasis import Emphasis, emphasize
from plotopt.first_strokes.guide import Guide
from plotopt.first_strokes.sowing import Soil
from plotopt.outlining import outline
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.picture import read_picture
from plotopt.posing import pose, shown
from plotopt.stocks import WHITE
from plotopt.tones.tone import Tone

PLACE = Rect(20, 30, 100, 90)
BLACK = Pen("black", "#000000", 0.4)
RED = Pen("red", "#d02020", 0.4)
GEL = Pen("gel", "#f4f4f4", 0.5, opaque=True)
NIGHT = load_stock("black")
KRAFT = load_stock("kraft")
STOCKS = [((BLACK,), WHITE), ((BLACK, RED), WHITE), ((GEL,), NIGHT), ((GEL, BLACK), KRAFT)]


def disc(size=(120, 160)):
    """A dark grey disc on light grey, a little blue."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    inside = np.clip(40 - np.hypot(x - size[1] / 2, y - size[0] / 2) + 0.5, 0, 1)
    grey = 0.85 - 0.6 * inside
    return read_picture(np.stack([grey, grey, grey + 0.04], -1))


def posed(pens=(BLACK,), stock=WHITE, picture=None):
    return pose(picture or disc(), in_plot_order(pens), stock, Tone(clip_percent=0), PLACE)


def darkness(target):
    """How far each pixel is from the paper."""
    paper = target.pixels.new_tensor(target.paper)[:, None, None]
    return (target.pixels - paper).abs().sum(0)


def test_nothing_asked_for_changes_nothing():
    problem = posed()
    assert emphasize(problem, Emphasis()) is problem
    assert outline(problem, Emphasis(), 100) is problem


@pytest.mark.parametrize(("pens", "stock"), STOCKS)
def test_a_mask_leaves_blank_paper_and_the_rest_as_it_is(pens, stock):
    problem = posed(pens, stock)
    mask = np.zeros((30, 40))
    mask[:, 20:] = 1
    masked = emphasize(problem, Emphasis(mask=mask)).target
    assert darkness(masked)[:, :76].abs().max() < 1e-6
    assert torch.allclose(masked.pixels[..., 84:], problem.target.pixels[..., 84:], atol=1e-6)
    # Edges are soft.
    row = darkness(masked)[darkness(problem.target)[:, 90].argmax(), 70:90]
    assert (row.diff() > -1e-6).all()
    assert 0 < row[10] < row[-1]


@pytest.mark.parametrize(("pens", "stock"), STOCKS[:2])
def test_tones_above_the_threshold_are_blank_and_the_rest_is_as_it_was(pens, stock):
    ramp = read_picture(np.linspace(0, 1, 160)[None].repeat(20, 0))
    problem = posed(pens, stock, ramp)
    tones = problem.target.pixels.mean(0)[10]
    left = emphasize(problem, Emphasis(paper_threshold=0.7)).target.pixels.mean(0)[10]
    assert (left[tones > 0.7] == 1).all()
    assert torch.allclose(left[tones < 0.63], tones[tones < 0.63])
    assert (left.diff() > -1e-6).all()


@pytest.mark.parametrize(("pens", "stock"), STOCKS[2:])
def test_thresholds_leave_out_what_is_near_the_papers_own_tone(pens, stock):
    problem = posed(pens, stock)
    before, after = (
        darkness(problem.target),
        darkness(emphasize(problem, Emphasis(paper_threshold=0.5)).target),
    )
    changed = (before - after).abs() > 1e-6
    assert (after[changed] < before[changed]).all()
    assert darkness(emphasize(problem, Emphasis(paper_threshold=0.0)).target).max() < 1e-6


def test_shading_weakens_all_tones():
    problem = posed()
    assert torch.allclose(
        darkness(emphasize(problem, Emphasis(edges=1, shading=0.25)).target), 0.25 * darkness(problem.target)
    )


@pytest.mark.parametrize(("pens", "stock"), STOCKS)
def test_outlines_lie_on_the_edge_in_the_pen_that_shows_most(pens, stock):
    problem = posed(pens, stock)
    asked = Emphasis(edges=1.0, shading=0.0)
    problem = outline(emphasize(problem, asked), asked, 500)
    contours = problem.guide.contours
    points = np.concatenate(contours.lines) - [60, 60]
    assert np.abs(np.hypot(*points.T) - 20).max() < 1.5
    shown_most = {WHITE: BLACK, NIGHT: GEL, KRAFT: BLACK}[stock]
    assert problem.pens[contours.pen] == shown_most
    # The target has them at the pen's width, and nothing else.
    drawn = contours.drawn_on(problem.target)
    share = darkness(drawn) / darkness(drawn).max()
    pixel = (PLACE.width / share.shape[1]) ** 2
    assert float(share.sum()) * pixel == pytest.approx(2 * np.pi * 19.5 * shown_most.width_mm, rel=0.2)
    assert shown(problem, stock).size[0] >= 160


def test_outlines_are_cut_where_the_mask_ends_and_strokes_run_out():
    mask = np.zeros((120, 160))
    mask[:, 80:] = 1
    asked = Emphasis(mask=mask, edges=1.0)
    contours = outline(emphasize(posed(), asked), asked, 500).guide.contours
    assert np.concatenate(contours.lines)[:, 0].min() > 59.5
    lengths = [np.hypot(*np.diff(line, axis=0).T).sum() for line in contours.lines]
    assert max(lengths) < 1.05 * 36 * BLACK.width_mm
    assert outline(posed(), Emphasis(edges=1.0), 3).guide.contours is None


def test_more_edges_are_more_outlines():
    y, x = np.mgrid[:120, :160]
    picture = read_picture(np.clip(0.9 - 0.12 * (x // 20) - 0.0 * y, 0, 1))
    count = [
        len(getattr(outline(posed(picture=picture), Emphasis(edges=each), 5000).guide.contours, "lines", ()))
        for each in (0.01, 0.6, 1.0)
    ]
    assert count[0] < count[1] <= count[2]


def sown(problem, count=300):
    rng = np.random.default_rng(0)
    return Soil.of(problem.target, problem.pens, problem.inks, problem.guide).sown(count, rng, asked=count)


@pytest.mark.parametrize(("pens", "stock"), STOCKS)
def test_outlines_are_sown_as_strokes(pens, stock):
    asked = Emphasis(edges=1.0, shading=0.0)
    problem = outline(emphasize(posed(pens, stock), asked), asked, 500)
    result = sown(problem, 500)
    contours = problem.guide.contours
    assert sum(result.strokes.laid()) == len(contours.lines)
    assert (result.strokes.pen == contours.pen).all()
    assert "are enough" in result.notes[0]
    length_mm = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in contours.lines)
    assert float(result.strokes.lengths_mm().sum()) == pytest.approx(length_mm, rel=0.03)
    assert result.target.pixels.shape[1:] == contours.coverage.shape


def test_outlines_and_tones_share_the_strokes():
    problem = outline(posed(), Emphasis(edges=1.0), 300)
    result = sown(problem)
    assert sum(result.strokes.laid()) == 300
    outline_mm = np.concatenate(result.strokes.chains()[0]) - [60, 60]
    assert np.abs(np.hypot(*outline_mm.T) - 20).max() < 1.5


def test_nothing_is_sown_behind_the_mask():
    mask = np.zeros((30, 40))
    mask[:, 20:] = 1
    result = sown(emphasize(posed(), Emphasis(mask=mask)))
    assert result.strokes.curves()[..., 0].min() > 58


def test_lines_follow_the_picture_and_not_its_mask():
    mask = np.zeros((30, 40))
    mask[:, 20:] = 1
    guide = emphasize(posed(), Emphasis(mask=mask)).guide
    view = posed().target.view
    assert np.array_equal(
        guide.ground(posed().target, view, PLACE).tone, Guide().ground(posed().target, view, PLACE).tone
    )


def test_a_blank_emphasis_gives_no_strokes_and_a_note():
    result = sown(emphasize(posed(), Emphasis(mask=np.zeros((3, 4)))))
    assert len(result.strokes) == 0
    assert "blank" in result.notes[0]


@pytest.mark.parametrize(("shading", "told"), [(0.0, "no lines to draw, and --shading 0"), (0.5, None)])
def test_outlines_alone_that_are_not_there_are_told(shading, told):
    """Of a picture that is dark, but without an edge."""
    asked = Emphasis(edges=1.0, shading=shading)
    plain = posed(picture=read_picture(np.full((120, 160), 0.4)))
    result = sown(outline(emphasize(plain, asked), asked, 300))
    assert (len(result.strokes) == 0) == (told is not None)
    assert told is None or told in result.notes[0]
    assert not any("blank" in note for note in result.notes)
