import pytest
from hypothesis import given
from hypothesis import strategies as st

from plotopt.errors import PlotoptError
from plotopt.units import MM_PER_UNIT, parse_length


@pytest.mark.parametrize(
    ("text", "length_mm"),
    [
        ("0.4mm", 0.4),
        ("1cm", 10.0),
        ("0.5in", 12.7),
        ("72pt", 25.4),
        ("96px", 25.4),
        ("20", 20.0),
        (" 2 CM ", 20.0),
        ("+.5mm", 0.5),
        ("3.", 3.0),
        ("1e-1mm", 0.1),
    ],
)
def test_lengths_are_millimetres(text, length_mm):
    assert parse_length(text) == pytest.approx(length_mm, rel=1e-12)


@given(st.floats(1e-6, 1e9), st.sampled_from(sorted(MM_PER_UNIT)), st.sampled_from(["", " ", "\t"]))
def test_any_written_number_comes_back(number, unit, gap):
    assert parse_length(f"{number!r}{gap}{unit.upper()}") == pytest.approx(number * MM_PER_UNIT[unit])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not a length"),
        ("mm", "is not a length"),
        ("nan", "is not a length"),
        ("-inf mm", "is not a length"),
        ("0,4mm", "is not a length"),
        ("1.2.3mm", "is not a length"),
        ("4mm 5mm", "is not a length"),
        ("٣mm", "is not a length"),
        ("3furlong", "unknown unit 'furlong'"),
        ("3em", "unknown unit 'em'"),
        ("1e999mm", "not finite"),
        ("-1mm", "more than 0"),
        ("0mm", "more than 0"),
    ],
)
def test_nonsense_is_refused_in_one_line(text, complaint):
    with pytest.raises(PlotoptError, match=complaint) as caught:
        parse_length(text)
    assert "\n" not in str(caught.value)


def test_zero_is_a_length_only_where_allowed():
    assert parse_length("0mm", allow_zero=True) == 0.0
    with pytest.raises(PlotoptError, match="0 or more"):
        parse_length("-0.1mm", allow_zero=True)


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text):
    try:
        complaint = f"none, {parse_length(text)} mm"
    except PlotoptError as error:
        complaint = str(error)
    assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize("text", ["9" * 200_000 + "!", "1" + " " * 200_000 + "!", "1\n2"])
def test_a_huge_or_broken_text_makes_a_short_complaint(text):
    with pytest.raises(PlotoptError) as caught:
        parse_length(text)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)
