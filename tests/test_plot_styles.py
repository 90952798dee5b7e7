"""Styles in drawings of other programs: paints, rules and which of them win, widths."""

from functools import partial

import pytest
from svg_bodies import LINE, PX, SVG, read_body

from plotopt.errors import PlotoptError
from plotopt.plot.reading import read_svg
from plotopt.plot.svgin import sheets
from plotopt.plot.svgin.sheets import StyleSheet


@pytest.fixture
def read(tmp_path):
    return partial(read_body, tmp_path / "a.svg")


def color_of(reading):
    (layer,) = reading.layers
    return layer.pen.color


@pytest.mark.parametrize(
    ("paint", "color"),
    [
        ("rgb(27.45098%, 50.980392%, 70.588235%)", "#4682b4"),
        ("rgb(0 128 0)", "#008000"),
        ("rgb(1 2 3 / 50%)", "#010203"),
        ("rgb(200.5,0,0)", "#c90000"),
        ("rgba(1, 2, 3, 0.5)", "#010203"),
        ("hsl(120deg 100% 25%)", "#008000"),
        ("hsl(0.5turn, 100%, 50%)", "#00ffff"),
        ("color(srgb 1 0 0.2)", "#ff0033"),
        ("light-dark(red, blue)", "#ff0000"),
        ("light-dark(var(--paper, #123456), black)", "#123456"),
        ("var(--ink, red)", "#ff0000"),
        ("var(--ink, var(--other, rgb(1, 2, 3)))", "#010203"),
        ("url(#a) red", "#ff0000"),
        ("url('#a') rgb(1 2 3)", "#010203"),
        ("url(#a) none", "#000000"),
        ("#e30613 icc-color(press, 0, 1, 1, 0)", "#e30613"),
        ("initial", None),
        ("unset", "#000000"),
        ("rgb(1 2 3 / 0)", None),
    ],
)
@pytest.mark.parametrize("form", ['stroke="{}"', 'style="stroke:{}"'])
def test_paints_of_all_kinds_are_read(read, paint, color, form):
    reading = read(f'<path d="M1 1L9 9" {form.format(paint)}/>')
    assert [layer.pen.color for layer in reading.layers] == ([] if color is None else [color])
    assert reading.notes == ()


@pytest.mark.parametrize(
    "paint",
    ["blurple", "rgb(1,2)", "color()", "var(--ink)", "lab(50 20 20)", "9" * 5000, "rgb(" * 5000, "red;"],
)
def test_colours_that_cannot_be_read_are_black_and_counted(read, paint):
    reading = read(f'<g stroke="{paint}">{LINE}{LINE}</g>')
    assert color_of(reading) == "#000000"
    assert reading.notes == ("colours that cannot be read, drawn in black: 2",)


@pytest.mark.parametrize(
    ("sheet", "color"),
    [
        ("@media (prefers-color-scheme: dark){path{stroke:white}}", "#0000ff"),
        ("@media screen and (min-width: 9px){path{stroke:white}}", "#0000ff"),
        ("@media print{path{stroke:white}}", "#0000ff"),
        ("@media not all{path{stroke:white}}", "#0000ff"),
        ("@media print{path{stroke:white}} path{stroke:lime}", "#00ff00"),
        ("@media screen{path{stroke:lime}}", "#00ff00"),
        ("@media print, only  SCREEN{path{stroke:lime}}", "#00ff00"),
        ("@media all{@media screen{path{stroke:lime}}}", "#00ff00"),
        ("@media all{@media print{path{stroke:lime}}}", "#0000ff"),
        ("@supports (fill: red){path{stroke:white}}", "#ffffff"),
        ("@font-face{font-family:a;src:url(data:,x)} path{stroke:lime}", "#00ff00"),
        ("@import url(a.css); path{stroke:lime}", "#00ff00"),
        ("path{stroke:lime;}}} /* path{stroke:red} */", "#00ff00"),
        ("path{stroke:lime", "#00ff00"),
        ("path{content:'}';stroke:lime}", "#00ff00"),
        ("<![CDATA[ path{stroke:lime} ]]>", "#00ff00"),
        # Whichever comes last of those that are worth the same.
        ("path{stroke:red} path{stroke:lime}", "#00ff00"),
        ("path{stroke:lime !important} path{stroke:red} .a{stroke:red}", "#00ff00"),
        (".a{stroke:lime!important} path{stroke:red!important}", "#00ff00"),
        ("path{stroke:lime;stroke:red!important;stroke:blue}", "#ff0000"),
        # In each other: the path lies in <g class="b"><g id="c">.
        ("g path{stroke:lime}", "#00ff00"),
        ("svg .b .a{stroke:lime}", "#00ff00"),
        ("#c&gt;path{stroke:lime}", "#00ff00"),
        ("g.b > #c > .a{stroke:lime}", "#00ff00"),
        (".b > path{stroke:white}", "#0000ff"),
        ("path g{stroke:white}", "#0000ff"),
        ("#c .b path{stroke:white}", "#0000ff"),
        ("svg > g > g > path{stroke:lime}", "#00ff00"),
        ("svg > g > path{stroke:white}", "#0000ff"),
        ("g g path{stroke:lime} g path{stroke:red}", "#00ff00"),
        (".b path{stroke:lime} path{stroke:red}", "#00ff00"),
    ],
)
def test_rules_count_where_they_should(read, sheet, color):
    body = '<g class="b"><g id="c"><path class="a" d="M1 1L9 9" stroke="blue"/></g></g>'
    reading = read(f"<style>{sheet}</style>{body}")
    assert color_of(reading) == color
    assert reading.notes == ()


@pytest.mark.parametrize(
    ("style", "color"),
    [
        ("stroke:blue", "#00ff00"),
        ("stroke:blue!important", "#0000ff"),
        ("stroke:blue ! IMPORTANT; stroke:red", "#0000ff"),
        ("STROKE: /* red */ blue !important", "#0000ff"),
    ],
)
def test_important_declarations_go_over_others(read, style, color):
    sheet = "<style>path{stroke:lime!important}</style>"
    assert color_of(read(f'{sheet}<path d="M1 1L9 9" style="{style}"/>')) == color


@pytest.mark.parametrize(
    ("media", "color"),
    [("print", "#000000"), ("(width > 9px)", "#000000"), ("screen", "#00ff00"), ("", "#00ff00")],
)
def test_style_sheets_are_for_their_media(read, media, color):
    assert color_of(read(f'<style media="{media}">path{{stroke:lime}}</style>{LINE}')) == color


def test_clones_know_nothing_of_what_lies_around_them(read):
    sheet = "<style>.b path{stroke:red} #a path{stroke:lime}</style>"
    body = f'<defs><g id="a"><g>{LINE}</g></g></defs><g class="b"><use href="#a"/></g>'
    assert color_of(read(sheet + body)) == "#00ff00"


@pytest.mark.parametrize(
    "selector",
    ["path:hover", "path[d]", "g + path", "g ~ path", ":root", "> path", "g >", "g > > path", "a:not(b)"],
)
def test_rules_that_are_not_understood_are_counted(read, selector):
    sheet = (
        f"<style>{selector}{{stroke:red}} {selector}{{cursor:pointer}} {selector},.b{{stroke:red}}</style>"
    )
    reading = read(f'{sheet}{LINE}<path class="b" d="M1 1L9 9"/>')
    assert reading.notes == ("style rules with selectors that are not understood: 2",)
    assert [layer.pen.color for layer in reading.layers] == ["#000000", "#ff0000"]


@pytest.mark.parametrize(
    "style",
    [
        "stroke:#FF0000;stroke:color(display-p3 1 0 0)",
        "stroke:red;stroke:",
        "stroke:red;stroke:foo",
        "stroke:red/**/;stroke:foo",
        "stroke:foo;stroke:red",
    ],
)
def test_of_two_colours_the_last_that_can_be_read_counts(read, style):
    assert color_of(read(f'<path d="M1 1H9" style="{style}"/>')) == "#ff0000"


def test_style_sheets_are_read_each_for_itself(read):
    body = "<style>.a{stroke:red</style><style>.b{stroke:blue} /*</style><style>.c{stroke:lime}</style>"
    marks = "".join(f'<path class="{name}" d="M1 1H9"/>' for name in "abc")
    colors = [layer.pen.color for layer in read(body + marks).layers]
    assert colors == ["#ff0000", "#0000ff", "#00ff00"]


def test_what_browsers_support_counts(read):
    body = "<style>@supports (fill:red){path{stroke:red}} @layer a{path{fill:none}}</style>"
    assert color_of(read(body + '<path d="M1 1H9"/>')) == "#ff0000"
    (drawn,) = read('<switch><path d="M1 1H9" requiredFeatures="x#Shape"/></switch>').layers
    assert len(drawn.chains) == 1


def test_long_style_sheets_are_read_in_one_piece(read):
    """The parser hands them over in pieces of 8 kB."""
    rules = "".join(f".class{i}{{stroke:#{i:06x}}}" for i in range(2000))
    body = "".join(f'<path class="class{i}" d="M1 1L9 9"/>' for i in range(2000))
    assert len(read(f"<style>{rules}</style>{body}").layers) == 2000


@pytest.mark.parametrize(
    "sheet",
    [
        "a{" * 50_000,
        "(" * 50_000,
        "@media all{" * 50_000,
        "a{fill:" + "a(" * 50_000,
        "a " * 50_000 + "{fill:red}",
    ],
)
def test_style_sheets_may_be_as_deep_as_they_like(sheet):
    assert StyleSheet(sheet).declarations("b", {}) == ({}, {})


def test_style_sheets_beyond_the_limit_are_refused():
    with pytest.raises(PlotoptError, match="style sheets of 2,000,001 characters"):
        StyleSheet("a" * 2_000_001)
    assert StyleSheet("@font-face{src:url(data:," + "x" * 2_000_001 + ")}").unread == 0


def test_rules_and_what_lies_around_elements_cannot_take_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "_MOST_COMPARISONS", 1000)
    groups = "".join(f'<g class="a{i}">{LINE}</g>' for i in range(100))
    rules = "".join(f".b{i} path{{fill:red}}" for i in range(100))
    text = f"<svg {SVG}><style>{rules}</style>{groups}</svg>"
    (tmp_path / "a.svg").write_text(text)
    with pytest.raises(PlotoptError, match="too many rules of style"):
        read_svg(tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("body", "width_mm"),
    [
        ('<g stroke-width="0.3"><path stroke-width="inherit" d="M1 1L9 9"/></g>', 0.3),
        ('<g stroke-width="0.3"><path style="stroke-width: INHERIT" d="M1 1L9 9"/></g>', 0.3),
        ('<g stroke-width="0.3"><path stroke-width="initial" d="M1 1L9 9"/></g>', 1.0),
        ('<path stroke-width="var(--w, 0.7)" d="M1 1L9 9"/>', 0.7),
        (
            '<g transform="scale(.1)"><line x2="9" vector-effect="non-scaling-stroke" stroke-width="2"/></g>',
            2 * PX,
        ),
        ('<path style="vector-effect:non-scaling-stroke" stroke-width="1mm" d="M1 1L9 9"/>', 1.0),
        (f'<g vector-effect="non-scaling-stroke" stroke-width="2">{LINE}</g>', 2.0),
    ],
)
def test_widths_are_inherited_and_scaled_as_they_should(read, body, width_mm):
    (layer,) = read(body).layers
    assert layer.pen.width_mm == pytest.approx(width_mm, abs=0.005)


@pytest.mark.parametrize(
    "inner",
    [
        'stroke="inherit"',
        'fill="unset"',
        'stroke-opacity="inherit"',
        'visibility="inherit"',
        'color="inherit"',
    ],
)
def test_whatever_is_inherited_stays_as_it_is_around(read, inner):
    (layer,) = read(f'<g stroke="red" stroke-opacity=".5" color="red"><g {inner}>{LINE}</g></g>').layers
    assert layer.pen.color == "#ff0000"


def test_style_sheets_answer_from_their_cache_for_like_elements_alone():
    sheet = StyleSheet("path{stroke:red} #a{stroke:lime} rect.b{fill:none;bogus:1}")
    assert sheet.declarations("path", {}).usual == {"stroke": "red"}
    assert sheet.declarations("path", {"id": "other"}).usual == {"stroke": "red"}
    assert sheet.declarations("path", {"id": "a"}).usual == {"stroke": "lime"}
    assert sheet.declarations("rect", {"class": " x b "}).usual == {"fill": "none"}
    assert sheet.declarations("rect", {"class": "bb"}).usual == {}


def test_rules_and_elements_that_cannot_be_held_against_each_other_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "_MOST_COMPARISONS", 1000)
    sheet = StyleSheet("path{fill:red}" * 500)
    for name in ("a", "b"):
        sheet.declarations("path", {"class": name})
    with pytest.raises(PlotoptError, match="too many rules of style"):
        sheet.declarations("path", {"class": "c"})


@pytest.mark.parametrize(
    "shape",
    [
        '<path stroke-dasharray="0" d="M0 0H9"/>',
        '<path stroke-dasharray="0, 0" d="M0 0H9"/>',
        '<path stroke-dasharray="5 0" d="M0 0H9"/>',
        '<path stroke-dasharray="null" d="M0 0H9"/>',
        '<g marker-end="url(#a)"><path marker-end="none" d="M0 0H9"/></g>',
        '<circle marker-end="url(#a)" r="3"/>',
    ],
)
def test_what_a_pen_draws_as_it_is_needs_no_note(read, shape):
    assert read(shape).notes == ()
