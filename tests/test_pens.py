import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.pens import Pen, layer_label, parse_pen


@pytest.mark.parametrize(
    ("text", "pen"),
    [
        ("0.4mm", Pen("black", "#000000", 0.4)),
        ("0.4", Pen("black", "#000000", 0.4)),
        ("red:0.3mm", Pen("red", "#ff0000", 0.3)),
        (" RebeccaPurple : 1 mm ", Pen("rebeccapurple", "#663399", 1.0)),
        ("#1a2b3c:0.5mm", Pen("1a2b3c", "#1a2b3c", 0.5)),
        ("#1A2B3C:0.05cm", Pen("1a2b3c", "#1a2b3c", 0.5)),
        ("#abc:0.5mm", Pen("aabbcc", "#aabbcc", 0.5)),
        ("20mm", Pen("black", "#000000", 20.0)),
        ("0.02mm", Pen("black", "#000000", 0.02)),
    ],
)
def test_pens(text, pen):
    assert parse_pen(text) == pen


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not a length"),
        ("red", "'red' is not a length"),
        ("red:", "is not a length"),
        (":0.4mm", "unknown colour ''"),
        ("blurple:0.4mm", "unknown colour 'blurple'"),
        ("#12345:0.4mm", "unknown colour '#12345'"),
        ("#11223344:0.4mm", "unknown colour"),
        ("rgb(1,2,3):0.4mm", "unknown colour"),
        ("0.4mm:red", "unknown colour '0.4mm'"),
        ("red:0.4mm:blue", "unknown colour"),
        ("red:0.4ell", "unknown unit 'ell'"),
        ("0mm", "more than 0"),
        ("-0.4mm", "more than 0"),
        ("0.001mm", "0.001 mm wide"),
        ("1in", "25.4 mm wide"),
        ("nan", "is not a length"),
        ("x" * 10_000, "is not a length"),
    ],
)
def test_bad_pens_are_refused_in_one_line_with_the_right_form(text, complaint):
    with pytest.raises(PlotoptError, match=complaint) as caught:
        parse_pen(text)
    assert ":0.4mm" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("name", "color", "width_mm"),
    [
        ("", "#000000", 0.4),
        ("a+s40", "#000000", 0.4),
        ("two\nlines", "#000000", 0.4),
        ("black", "black", 0.4),
        ("black", "#FFFFFF", 0.4),
        ("black", "#000000", math.nan),
        ("black", "#000000", 0.0),
        ("black", "#000000", 21.0),
    ],
)
def test_pens_made_by_hand_are_checked_too(name, color, width_mm):
    with pytest.raises(PlotoptError):
        Pen(name, color, width_mm)


@pytest.mark.parametrize("place", [Rect(10, 20, 12, 120), Rect(10, 20, 110, 22), Rect(0, 0, 2, 2)])
def test_a_place_must_have_room_for_four_pens(place):
    """Whichever side is the shorter: 2 mm take a pen of 0.5 mm and none that is wider."""
    parse_pen("0.5mm").check_fits(place)
    with pytest.raises(PlotoptError, match="too wide for a picture") as caught:
        parse_pen("0.51mm").check_fits(place)
    assert "a pen 0.51 mm wide" in str(caught.value)
    assert f"{place.width:g} x {place.height:g} mm" in str(caught.value)
    assert "finer pen" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", [Rect(0, 0, 0, 100), Rect(0, 0, 100, 0), Rect(5, 5, 4, 4)])
def test_a_place_without_area_has_no_room_for_any_pen(place):
    with pytest.raises(PlotoptError, match="too wide"):
        parse_pen("0.02mm").check_fits(place)


def test_layer_labels():
    assert layer_label(parse_pen("0.4mm"), 1) == "1-black-0.4mm"
    assert layer_label(parse_pen("#1A2B3C:1mm"), 12) == "12-1a2b3c-1mm"
    assert layer_label(Pen("Gelly Roll", "#ffffff", 0.1 + 0.2), 2) == "2-Gelly Roll-0.3mm"


@given(st.integers(0, 0xFFFFFF), st.floats(0.02, 20))
def test_any_colour_and_width_come_back(value, width_mm):
    color = f"#{value:06x}"
    found = parse_pen(f"{color}:{width_mm!r}mm")
    assert (found.name, found.color, found.width_mm) == (color[1:], color, width_mm)
    assert parse_pen(found.text).opaque is found.opaque


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text):
    try:
        pen = parse_pen(text)
    except PlotoptError as error:
        complaint = str(error)
    else:
        complaint = layer_label(pen, 1)
    assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"opacity": 0.0}, "opacity of 0"),
        ({"opacity": 1.0}, "opacity of 1"),
        ({"opacity": math.nan}, "opacity of nan"),
        ({"refill_m": 0.0}, "draws 0 m"),
        ({"refill_m": 1e7}, "up to 1e\\+06 m a refill"),
        ({"refill_m": math.nan}, "draws nan m"),
    ],
)
def test_inks_that_cannot_be(values, complaint):
    with pytest.raises(PlotoptError, match=complaint):
        Pen("black", "#000000", 0.4, **values)


def test_a_pen_is_called_by_its_reference_its_name_or_its_colour():
    assert Pen("pigma-005", "#1b1a1c", 0.2, reference="pigma-005").text == "pigma-005"
    assert Pen("red", "#ff0000", 0.3).text == "red:0.3mm"
    assert Pen("red", "#ee0000", 0.3).text == "#ee0000:0.3mm"
    assert Pen("Gelly Roll", "#ffffff", 1.0).text == "#ffffff:1mm"


@given(st.integers(0, 0xFFFFFF), st.floats(0.02, 20))
def test_a_plain_pen_is_read_again_from_its_text(value, width_mm):
    pen = parse_pen(f"#{value:06x}:{width_mm!r}mm")
    assert parse_pen(pen.text) == pen


@pytest.mark.parametrize(
    ("text", "opaque"), [("white:0.5mm", True), ("#f4f4f0:0.5mm", True), ("yellow:0.5mm", False)]
)
def test_white_ink_covers(text, opaque):
    assert parse_pen(text).opaque is opaque
