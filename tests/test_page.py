import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plotopt.errors import PlotoptError
from plotopt.page import Orientation, Page, Paper, Rect, fit_rect, lay_out, parse_paper

A4 = parse_paper("a4")
ASPECTS = st.floats(0.01, 100)


@pytest.mark.parametrize(
    ("text", "size_mm"),
    [
        ("A4", (210, 297)),
        (" a3 ", (297, 420)),
        ("A6", (105, 148)),
        ("A1", (594, 841)),
        ("Letter", (215.9, 279.4)),
        ("legal", (215.9, 355.6)),
        ("tabloid", (279.4, 431.8)),
        ("210x297mm", (210, 297)),
        ("297x210", (297, 210)),
        ("8.5x11in", (215.9, 279.4)),
        ("8.5in x 11", (215.9, 279.4)),
        ("20cmx30cm", (200, 300)),
        ("20cm \u00d7 300 MM", (200, 300)),
        ("960pxx480px", (254, 127)),
    ],
)
def test_papers(text, size_mm):
    paper = parse_paper(text)
    assert (paper.width_mm, paper.height_mm) == pytest.approx(size_mm)


@pytest.mark.parametrize("number", range(1, 6))
def test_each_a_paper_is_half_of_the_one_before(number):
    larger, smaller = parse_paper(f"A{number}"), parse_paper(f"A{number + 1}")
    assert smaller.height_mm == larger.width_mm
    assert smaller.width_mm == math.floor(larger.height_mm / 2)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "unknown paper"),
        ("A99", "unknown paper 'A99'"),
        ("210x", "unknown paper"),
        ("nanxinfmm", "unknown paper"),
        ("210x297x3mm", "unknown paper"),
        ("10furlongx20", "unknown unit"),
        ("600px800px", "unknown unit"),
        ("1.2.3x4mm", "is not a length"),
        ("-210x297mm", "more than 0"),
        ("0x297mm", "more than 0"),
        ("5x297mm", "side of 5 mm"),
        ("210x999999mm", "10 to 5000 mm"),
        ("1" + "x" * 100_000, "unknown paper"),
    ],
)
def test_impossible_papers_are_refused_in_one_line(text, complaint):
    with pytest.raises(PlotoptError, match=complaint) as caught:
        parse_paper(text)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_the_picture_turns_a_named_sheet():
    assert lay_out(A4, 20, Orientation.AUTO, 1.5) == Page(297, 210, 20)
    assert lay_out(A4, 20, Orientation.AUTO, 0.7) == Page(210, 297, 20)
    assert lay_out(A4, 20, Orientation.AUTO, 1.0) == Page(210, 297, 20)


def test_an_orientation_that_is_told_wins():
    assert lay_out(A4, 20, Orientation.PORTRAIT, 1.5) == Page(210, 297, 20)
    assert lay_out(A4, 20, Orientation.LANDSCAPE, 0.7) == Page(297, 210, 20)


def test_a_custom_sheet_turns_as_a_named_one_but_keeps_its_sides_for_a_square():
    custom = parse_paper("297x210mm")
    assert lay_out(custom, 20, Orientation.AUTO, 0.7) == Page(210, 297, 20)
    assert lay_out(custom, 20, Orientation.AUTO, 1) == Page(297, 210, 20)
    assert lay_out(custom, 20, Orientation.PORTRAIT, 1.5) == Page(210, 297, 20)
    assert lay_out(parse_paper("210x297mm"), 20, Orientation.AUTO, 1.5) == Page(297, 210, 20)


def area(rect):
    return rect.width * rect.height


@given(ASPECTS, st.floats(0, 90))
def test_auto_never_gives_the_smaller_picture(aspect, margin_mm):
    chosen, upright, lying = (
        area(fit_rect(lay_out(A4, margin_mm, orientation, aspect).frame, aspect))
        for orientation in Orientation
    )
    assert chosen == max(upright, lying)


def test_the_frame_lies_inside_the_margin():
    assert lay_out(A4, 20, Orientation.PORTRAIT, 1).frame == Rect(20, 20, 190, 277)
    assert lay_out(A4, 0, Orientation.PORTRAIT, 1).frame == Rect(0, 0, 210, 297)


@pytest.mark.parametrize("margin_mm", [-1, 102.6, 105, 1e9, math.nan, math.inf])
def test_impossible_margins_are_refused_with_the_figures(margin_mm):
    with pytest.raises(PlotoptError, match=re.escape(f"margin of {margin_mm:g} mm")):
        lay_out(A4, margin_mm, Orientation.AUTO, 1)


def test_too_wide_a_margin_says_what_is_possible():
    with pytest.raises(PlotoptError, match=r"no room on A4 paper \(210 x 297 mm\): use at most 102.5 mm"):
        lay_out(A4, 120, Orientation.AUTO, 1)
    assert lay_out(A4, 102.5, Orientation.PORTRAIT, 1).frame.width == pytest.approx(5)


@pytest.mark.parametrize("aspect", [0, -1, math.nan, math.inf])
def test_an_aspect_that_no_picture_has_is_a_bug(aspect):
    with pytest.raises(ValueError, match="aspect"):
        lay_out(A4, 20, Orientation.AUTO, aspect)


@pytest.mark.parametrize("rect", [Rect(20, 30, 84, 78), Rect(-10, 0, 38, 64), Rect(1, 1, 65, 65)])
def test_the_longer_side(rect):
    assert rect.longer == 64


def test_fit_rect_by_hand():
    assert fit_rect(Rect(20, 20, 190, 277), 1.0) == Rect(20, 63.5, 190, 233.5)
    assert fit_rect(Rect(0, 0, 100, 50), 1.0) == Rect(25, 0, 75, 50)


@given(ASPECTS, st.floats(0, 100), st.floats(0, 100), st.floats(1, 1000), st.floats(1, 1000))
def test_fit_rect_is_inside_centred_largest_and_of_the_aspect(aspect, left, top, width, height):
    frame = Rect(left, top, left + width, top + height)
    rect = fit_rect(frame, aspect)
    assert rect.left >= frame.left
    assert rect.top >= frame.top
    assert rect.right <= frame.right
    assert rect.bottom <= frame.bottom
    assert rect.width / rect.height == pytest.approx(aspect)
    assert rect.left - frame.left == pytest.approx(frame.right - rect.right, abs=1e-9)
    assert rect.top - frame.top == pytest.approx(frame.bottom - rect.bottom, abs=1e-9)
    assert rect.width == pytest.approx(frame.width) or rect.height == pytest.approx(frame.height)


def test_named_papers_stand_upright():
    assert Paper("A4", 210.0, 297.0) == A4
    assert not A4.is_custom
    assert parse_paper("8.5x11in").name == "215.9x279.4mm"
