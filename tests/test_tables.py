"""Tables of figures: what is read, and that everything else is refused in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plotopt.errors import PlotoptError
from plotopt.tables import LENGTH, SPEED, check_keys, parse_figure, parse_text, parse_toml, read_file

UNITS = {"m": 1.0, "km": 1000.0}


def test_figures_are_converted():
    assert parse_figure("x", {"value": 2, "unit": "km", "source": "map"}, UNITS) == (2000.0, "map")
    assert parse_figure("x", {"value": 1, "unit": "in", "source": "a"}, LENGTH)[0] == 25.4
    assert parse_figure("x", {"value": 600, "unit": "mm/min", "source": "a"}, SPEED)[0] == 10.0


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (1.0, "write it as"),
        ([], "write it as"),
        ({"value": 1, "unit": "m"}, "missing source"),
        ({"value": 1, "unit": "m", "source": "a", "x": 1}, "unknown entry 'x'"),
        ({"value": True, "unit": "m", "source": "a"}, "True is not a number"),
        ({"value": None, "unit": "m", "source": "a"}, "None is not a number"),
        ({"value": 0, "unit": "m", "source": "a"}, "must be positive"),
        ({"value": 1e308, "unit": "km", "source": "a"}, "must be positive and finite"),
        ({"value": 10**400, "unit": "km", "source": "a"}, "must be positive and finite"),
        ({"value": 1, "unit": {}, "source": "a"}, "does not fit"),
        ({"value": 1, "unit": "m", "source": "a\nb"}, "must be one line of text"),
    ],
)
def test_what_is_no_figure(entry, complaint):
    with pytest.raises(PlotoptError, match=complaint) as caught:
        parse_figure("the pen", entry, UNITS)
    assert str(caught.value).startswith("the pen: ")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("value", ["", " ", "a\tb", "\u2028", 3, None, ["a"]])
def test_what_is_no_line_of_text(value):
    with pytest.raises(PlotoptError, match="title"):
        parse_text("x", "title", value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"a = 0x{'f' * 5000}", "4300 digits"),
        (f"a = {'1' * 5000}", "4300 digits"),
        (f"a{'.a' * 3000} = 1", "50 deep"),
        ("a" + " . 'a'" * 3000 + " = 1", "50 deep"),
        (f"[{'a.' * 30_000}a]", "50 deep"),
        (f"a = {'[' * 3000}", "recursion"),
    ],
)
def test_what_could_not_be_told_of_is_refused(text, complaint):
    with pytest.raises(PlotoptError, match=complaint):
        parse_toml("it", text.encode())


def test_dots_in_texts_are_no_depth():
    text = f"{'.' * 99} and {'1.' * 49}"
    assert parse_toml("it", f'a = "{text}"\nb.c.d = "a.b"'.encode()) == {"a": text, "b": {"c": {"d": "a.b"}}}


def test_keys():
    check_keys("x", {"a": 1, "b": 2}, ("a",), ("b", "c"))
    with pytest.raises(PlotoptError, match="unknown entry 'colour', did you mean color"):
        check_keys("x", {"colour": 1}, ("color",))
    with pytest.raises(PlotoptError, match="x: missing a, c"):
        check_keys("x", {"b": 1}, ("a", "b", "c"))


def test_files_have_a_bound(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(b"#" * 65_536)
    assert len(read_file(path, "table")) == 65_536
    path.write_bytes(b"#" * 65_537)
    with pytest.raises(PlotoptError, match="larger than any table"):
        read_file(path, "table")


@given(st.binary(max_size=100))
def test_bytes_are_tables_or_refused(data):
    try:
        complaint = f"none in {len(parse_toml('x', data))} tables"
    except PlotoptError as error:
        complaint = str(error)
    assert len(complaint.splitlines()) == 1
