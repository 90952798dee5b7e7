"""Colour in a fit: its loss, ink that soaks, strokes that change pens, tones on other papers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from plotopt.colour.contrast import in_plot_order
from plotopt.colour.ink import Inks
from plotopt.joints import Joints
from plotopt.losses.colour import ColourLoss
from plotopt.losses.soak import coats, soak
from plotopt.objectives.base import Objective, gathered, trainable
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.problem import Problem
from plotopt.objectives.sparing import Sparing
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.picture import Picture
from plotopt.posing import pose, shown, usual_gamma
from plotopt.reassignment import reassign
from plotopt.stages import Stage
from plotopt.stocks import WHITE, Stock
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.tones.tone import Tone

PLACE = Rect(0, 0, 32, 32)
BLACK, RED, BLUE = Pen("black", "#000000", 0.4), Pen("red", "#e01010", 0.4), Pen("blue", "#1010e0", 0.4)
GEL = Pen("gel", "#ffffff", 0.5, opaque=True)
NIGHT, KRAFT = Stock("night", "black paper", "#101010", 4.0), Stock("kraft", "kraft", "#b8926a", 4.0)
PENS = in_plot_order([RED, BLUE, BLACK])


def hatching(count=16, pen=0, pens=PENS):
    """Lines across the place, evenly from top to bottom."""
    y = torch.linspace(1, 31, count)[:, None].expand(-1, 4)
    x = torch.linspace(1, 31, 4).expand(count, -1)
    return Strokes.of_pens(torch.stack([x, y], -1), torch.full((count,), pen), pens)


def light(seed, size=64):
    return torch.rand(1, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def grey(value, size=32):
    return Picture(np.full((size, size, 3), value, np.float32))


def test_nothing_is_as_like_as_the_target_itself():
    assert float(ColourLoss()(light(0), light(0))) == pytest.approx(0, abs=1e-9)
    assert float(ColourLoss()(light(0), light(1))) > 0


def test_loss_has_the_gradient_of_its_value():
    """Level by level; the pyramid of light has tests of its own."""
    loss = replace(ColourLoss(), light=replace(ColourLoss().light, weights=(0.0,) * 6))
    drawing, target = (0.1 + 0.8 * light(seed, 32) for seed in (0, 1))
    assert torch.autograd.gradcheck(lambda x: loss(x, target), drawing.requires_grad_(), fast_mode=True)


def test_windows_add_up_to_the_page():
    drawing, target, loss = light(0), light(1), ColourLoss()
    halves = sum(loss(d, t) for d, t in zip(drawing.split(32, -1), target.split(32, -1), strict=True))
    assert float(halves) == pytest.approx(float(loss(drawing, target)), rel=1e-9)


def test_colour_of_one_lightness_counts():
    """Red for blue, equally light: luminance alone would not see it."""
    target = torch.full((1, 3, 32, 32), 0.2)
    other = target + torch.tensor([0.1, -0.0383, 0.0832])[:, None, None]
    assert float(ColourLoss()(other, target)) > 10


def test_coats_are_line_area_per_area():
    """Sixteen lines of 30 mm and 0.4 mm on 1024 mm2, drawn twice."""
    strokes = hatching().repeat(2)
    assert float(coats(strokes, PLACE).mean()) == pytest.approx(2 * 16 * 30.4 * 0.4 / 1024, rel=0.04)


def test_only_what_is_beyond_the_limit_soaks():
    pile = hatching(4).repeat(30)
    assert float(soak(pile, PLACE, 100.0)) == 0
    assert float(soak(pile, PLACE, 2.0)) > 10
    assert float(soak(hatching(), PLACE, 2.0)) == 0


def test_a_pile_is_pulled_apart():
    points = (
        hatching(1).repeat(40).points
        + 0.3 * torch.randn(40, 4, 2, generator=torch.Generator().manual_seed(0))
    ).requires_grad_()
    strokes = Strokes.of_pens(points, torch.zeros(40, dtype=torch.int64), PENS)
    soak(strokes, PLACE, 1.0).backward()
    moved = replace(strokes, points=points - 0.01 * points.grad)
    assert float(soak(moved.detach(), PLACE, 1.0)) < float(soak(strokes.detach(), PLACE, 1.0))


def page_loss(colour):
    """The objective of a page of one colour in linear light."""
    target = Target(torch.tensor(colour)[:, None, None].expand(3, 64, 64).contiguous(), PLACE)
    task = Problem(target, PENS, Inks.of_pens(PENS, 3), ColourLoss())
    stage = Stage("test", 64, 4, (0.5, 0.1), (1.2, 0.8), relocations=1)
    return Likeness(task, stage, np.random.default_rng(0))


def test_strokes_go_over_to_the_pen_that_serves_better():
    likeness = page_loss([0.82, 0.82, 0.98])
    strokes = hatching(pen=PENS.index(RED))
    for _ in range(12):
        strokes, origins = likeness.refine(strokes, None)
        if (origins >= 0).all():
            break
    assert (strokes.pen == PENS.index(BLUE)).float().mean() > 0.8


def test_no_stroke_changes_where_all_is_well():
    likeness = page_loss([0.82, 0.82, 0.98])
    strokes = hatching(pen=PENS.index(BLUE))
    after, origins = likeness.refine(strokes, None)
    assert torch.equal(origins, torch.arange(len(strokes)))
    assert torch.equal(after.pen, strokes.pen)


def test_a_change_that_disappoints_is_taken_back():
    """A loss that promises what it does not keep."""

    def losses(strokes):
        slope = torch.where(strokes.pen == 1, -1.0, 1.0)
        yield (slope * strokes.opacity).sum()
        yield 100 * (strokes.opacity * (strokes.pen == 1)).gt(0.5).float().sum() + 0 * strokes.opacity.sum()

    after, origins = reassign(hatching(), PENS, Inks.of_pens(PENS, 3), 0.0, losses)
    assert (origins >= 0).all()
    assert (after.pen == 0).all()


def test_a_changed_stroke_has_its_pens_width():
    """Where the loss likes the second pen best, in any number."""
    wide = (PENS[0], replace(PENS[1], width_mm=0.8, opacity=0.7), PENS[2])

    def losses(strokes):
        yield torch.where(strokes.pen == 1, -1.0, 1.0) @ strokes.opacity

    after, origins = reassign(hatching(pens=wide), wide, Inks.of_pens(wide, 3), 0.0, losses)
    changed = origins < 0
    assert changed.any()
    assert torch.equal(origins[~changed], torch.arange(len(after))[~changed])
    assert after.pen[changed].unique().tolist() == [1]
    assert after.width_mm[changed].unique().tolist() == pytest.approx([0.8])
    assert after.opacity[changed].unique().tolist() == pytest.approx([0.7])
    assert after.width_mm[~changed].tolist() == pytest.approx([0.4] * int((~changed).sum()))


def test_a_line_keeps_its_pen():
    """Where the loss likes the second pen best, in any number, and half of the strokes are one line."""
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(16, 6, 2, generator=generator) + 8 * torch.randn(16, 1, 2, generator=generator) + 16
    joints = Joints.along([8, *[1] * 8], [1] * 9)
    strokes = replace(Strokes.of_pens(points, torch.zeros(16, dtype=torch.int64), PENS), joints=joints)

    def losses(strokes):
        yield torch.where(strokes.pen == 1, -1.0, 1.0) @ strokes.opacity

    after, origins = reassign(strokes, PENS, Inks.of_pens(PENS, 3), 0.0, losses)
    assert (origins < 0).any()
    assert (after.pen[:8] == 0).all()
    assert (after.pen == 1).sum() == (origins < 0).sum()
    assert torch.equal(after.joints.pairs, joints.pairs)


class Content(Objective):
    """Is pleased with everything."""

    mm_per_px, pixels = 0.5, 4096.0

    def gradients(self, strokes, number):
        return gathered(trainable(strokes), 1.0)


def test_sparing_pulls_only_where_there_is_too_much_ink():
    pile = hatching(2).repeat(20)
    pile = pile.with_points(
        pile.points + 0.3 * torch.randn(40, 4, 2, generator=torch.Generator().manual_seed(0))
    )
    sparing, generous = Sparing(Content(), PLACE, 1.0), Sparing(Content(), PLACE, 100.0)
    found = sparing.gradients(pile, 0)
    assert found.loss > 1
    assert found.touched.any()
    moved = pile.with_points(pile.points - 20 * found.points)
    assert sparing.gradients(moved, 0).loss < found.loss
    assert generous.gradients(pile, 0).loss == 1
    assert not generous.gradients(pile, 0).touched.any()
    # It looks at the first step, and then every tenth.
    assert sparing.gradients(hatching(2), 10).loss == 1
    assert sparing.gradients(pile, 11).loss == 1
    assert sparing.gradients(pile, 20).loss > 1


@pytest.mark.parametrize(("pen", "stock"), [(GEL, NIGHT), (GEL, KRAFT)])
def test_light_ink_draws_what_is_light(pen, stock):
    tone = Tone(1.0, clip_percent=0)
    ramp = Picture(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None].repeat(64, 0).repeat(3, 2))
    asked = 1 - pose(ramp, [pen], stock, tone, PLACE).target.pixels[0, 0]
    assert asked[0] == 0
    assert (asked.diff() >= 0).all()
    assert asked[-1] == pytest.approx(0.92, abs=0.01)
    # What is as light as the paper needs no ink.
    paper = float(Inks.of_pens([pen], 1, stock).bare)
    assert (asked > 0.01).float().mean() == pytest.approx(1 - paper, abs=0.05)


def test_dark_ink_takes_the_paper_for_white():
    for stock in (WHITE, KRAFT):
        target = pose(grey(1.0), [BLACK], stock, Tone(), PLACE).target
        assert target.pixels.min() == 1
        colour = pose(grey(1.0), PENS, stock, Tone(), PLACE)
        torch.testing.assert_close(colour.target.pixels[:, 0, 0], colour.inks.bare[:, 0, 0])


def test_pens_without_hue_are_asked_for_tone_alone():
    pens = in_plot_order([BLACK, Pen("grey", "#808080", 0.4)])
    red = Picture(np.tile(np.float32([0.5, 0.05, 0.05]), (16, 16, 1)))
    pixels = pose(red, pens, WHITE, Tone(), PLACE).target.pixels
    assert (pixels[0] - pixels[2]).abs().max() < 1e-6


def test_on_middle_paper_white_and_black_share_the_work():
    pens = in_plot_order([BLACK, GEL])
    ramp = Picture(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None].repeat(64, 0).repeat(3, 2))
    problem = pose(ramp, pens, KRAFT, Tone(1.0, clip_percent=0), PLACE)
    row, paper = problem.target.pixels[:, 0], problem.inks.bare[:, 0]
    assert (row[:, :1] < paper).all()
    assert (row[:, -1:] > paper).all()
    # On the way from black to white lies the paper itself, so that its tone needs no ink.
    assert (row - paper).abs().amax(0).min() < 0.03


def test_the_target_is_shown_in_its_inks():
    blue = shown(pose(grey(0.1), [BLUE], WHITE, Tone(), PLACE), WHITE)
    assert isinstance(blue, Image.Image)
    red, _, strong = blue.getpixel((3, 3))
    assert strong > red + 30
    night = shown(pose(grey(0.0), [GEL], NIGHT, Tone(), PLACE), NIGHT)
    assert night.getpixel((3, 3)) == (16, 16, 16)


def test_gamma_suits_pens_and_paper():
    assert usual_gamma([BLACK], WHITE) == 2.2
    assert usual_gamma([BLACK, RED], WHITE) == 1.6
    assert usual_gamma([GEL], NIGHT) == usual_gamma([BLACK, GEL], KRAFT) == 1.4


def test_vivid_colours_keep_their_hue_when_lightened():
    orange = Picture(np.tile(np.float32([0.5, 0.12, 0.02]), (16, 16, 1)))
    pixels = Target.from_picture(orange, Tone(clip_percent=0), PLACE, channels=3).pixels[:, 0, 0]
    assert pixels[0] > pixels[1] > pixels[2]
    assert pixels[0] - pixels[2] > 0.35
    assert pixels.max() <= 1
