"""Pens and papers by name: the built-in ones, files of one's own, and what is refused."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plotopt.catalog import (
    box,
    expand,
    find_pen,
    list_pens,
    list_stocks,
    load_stock,
    parse_pens,
    pen_entry,
    read_pen_file,
    search,
)
from plotopt.errors import PlotoptError
from plotopt.pens import MAX_OPACITY, Pen, layer_label, parse_pen
from plotopt.stocks import WHITE, Stock

WIDTH = 'width = { value = 0.5, unit = "mm", source = "ruler" }'
COLOR = 'color = { value = "#102030", source = "eye" }'
FAMILY = """
[my-blue]
title   = "the blue one"
width   = { value = 0.04, unit = "cm", source = "measured" }
color   = { value = "#2b4fa0", source = "photograph" }
opacity = { value = 0.7, unit = "1", source = "photograph" }
refill  = { value = 2.5, unit = "km", source = "printed" }

[gel]
title  = "gel pens"
widths = { 05 = 0.3, 08 = 0.4, unit = "mm", source = "measured" }
colors = { white = "#ffffff", gold = "#a8853f", source = "guessed" }
opaque = true
"""


def pen_table(name="[x]", title='title = "x"', width=WIDTH, color=COLOR, more=""):
    return "\n".join((name, title, width, color, more))


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Writes a file in the folder where the test runs and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="mine.toml"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


def refusal(call, *arguments):
    with pytest.raises(PlotoptError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 500
    return message


def test_there_are_pens_of_every_sort():
    pens = {pen.name: pen for pen in list_pens()}
    assert 50 <= len(pens) <= 100
    assert pens["pigma-005"].width_mm == 0.2
    assert pens["staedtler-005"].width_mm == 0.05
    assert pens["stabilo-88-red"].width_mm == 0.4
    assert pens["gelly-roll-white-08"].opaque
    assert pens["gelly-roll-white-08"].width_mm == 0.4
    assert pens["bic-cristal-blue"].refill_m == 2000
    assert pens["bic-cristal-blue"].opacity == 0.85
    assert not pens["pigma-005"].opaque
    assert pens["pigma-005"].opacity == MAX_OPACITY
    assert pens["pigma-005"].refill_m is None


@pytest.mark.parametrize("pen", list_pens(), ids=lambda pen: pen.name)
def test_every_built_in_pen_is_found_by_what_it_is_called(pen):
    assert pen.text == pen.name == pen.name.lower()
    assert find_pen(pen.text) == find_pen(f" {pen.text.upper()} ") == pen
    assert parse_pens(pen.text) == (pen,)
    assert layer_label(pen, 3) == f"3-{pen.name}-{pen.width_mm:g}mm"
    for text in (pen.name, f"{pen.name}:0.4mm"):
        with pytest.raises(PlotoptError):
            parse_pen(text)


def test_every_built_in_figure_says_where_it_is_from():
    for entry in expand("*"):
        assert {"width", "color"} <= set(entry.sources)
        assert all(entry.sources.values())
        assert ("refill" in entry.sources) == (entry.pen.refill_m is not None)
        assert "assumed" not in entry.sources.get("refill", "")
        assert entry.title[0].isupper()


def test_darker_names_are_darker_inks():
    pens = {pen.name: pen for pen in list_pens()}
    for family in ("stabilo-88-", "bic-cristal-", "posca-07-"):
        light = {name: sum(bytes.fromhex(pen.color[1:])) for name, pen in pens.items() if family in name}
        assert min(light, key=light.get) == f"{family}black"


@pytest.mark.parametrize("text", ["0.4mm", "0.4", "red:0.3mm", "#1a2b3c:0.5mm", "#abc:1mm", " Red : 1 mm "])
def test_other_pens_are_read_as_ever(text):
    assert find_pen(text) == parse_pen(text)
    assert find_pen(text).reference is None


@given(st.integers(0, 0xFFFFFF), st.floats(0.02, 20))
def test_any_colour_and_width_is_found_again(value, width_mm):
    pen = parse_pen(f"#{value:06x}:{width_mm!r}mm")
    assert find_pen(pen.text) == pen


def test_a_known_pen_in_another_width():
    pen = find_pen("pigma-005:0.23mm")
    assert (pen.name, pen.width_mm, pen.text) == ("pigma-005", 0.23, "pigma-005:0.23mm")
    assert pen.color == find_pen("pigma-005").color
    assert find_pen(pen.text) == pen
    assert find_pen("pigma-005: 0.25 MM").width_mm == 0.25
    assert "0.001 mm wide" in refusal(find_pen, "pigma-005:0.001mm")
    assert "'pigma-005:thin'" in refusal(find_pen, "pigma-005:thin")


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("pigma-005:", "is not a length"),
        ("pigma", "use pigma-003, pigma-005, pigma-01"),
        ("stabilo-88-rde", "use stabilo-88-red"),
        ("Stabilo-88-purpel:0.3mm", "use stabilo-88-purple"),
        ("red", "is not a length"),
        ("blurple:0.4mm", "unknown colour 'blurple'"),
        ("red:0.4ell", "unknown unit"),
        ("", "is not a length"),
        ("x" * 10_000, "unknown pen 'xxx"),
        ("quill", "use a name of `plotopt pens`"),
        ("0.4ell", "unknown unit"),
        ("./mine.toml", "write which pen"),
        ("no/such.toml:pen", "does not exist: check the name"),
        ("\0.toml:pen", "does not exist: check the name"),
        (".toml:", "does not exist: check the name"),
    ],
)
def test_pens_that_no_one_knows(text, fragment):
    assert fragment in refusal(find_pen, text)


def test_lists_of_pens():
    texts = ("black:0.4mm", "red:0.3mm", "pigma-005", "black:0.2mm", "#aabbcc:0.4mm")
    assert parse_pens("black, red:0.3mm,pigma-005 ,0.2mm,#ABC") == tuple(map(find_pen, texts))
    assert [pen.width_mm for pen in parse_pens("red,blue:1mm,0.2mm")] == [0.4, 1.0, 0.2]
    assert parse_pens("red,red") == 2 * parse_pens("red")


@pytest.mark.parametrize("text", ["auto", "auto:2", "AUTO:2:stabilo-88-*", "auto:2:./mine.toml"])
def test_a_choice_of_pens_is_for_fits(text):
    for call in (find_pen, parse_pens, box):
        assert "only `plotopt fit`" in refusal(call, text)


def test_a_file_may_be_called_auto(mine):
    path = mine(FAMILY, "auto.toml")
    assert find_pen(f"{path}:my-blue") in parse_pens(path)


@pytest.mark.parametrize("text", ["", ",", "red,", "red,,blue", "pigma-*,nope-*", "red,gelly-rol", "a:b:c"])
def test_lists_with_something_that_is_no_pen(text):
    refusal(parse_pens, text)
    refusal(box, text)


def test_patterns_and_boxes():
    stabilo = [pen for pen in list_pens() if pen.name.startswith("stabilo-88-")]
    assert list(box("stabilo-88-*")) == stabilo
    assert len(stabilo) >= 11
    assert list(box("STABILO-88-RED,stabilo-88-*")) == sorted(
        stabilo, key=lambda pen: pen.name != "stabilo-88-red"
    )
    assert [pen.name for pen in box("pigma-0?")] == [f"pigma-0{n}" for n in "123458"]
    assert box("*") == list_pens()
    assert box("red,red:0.4mm,red:0.5mm") == (parse_pen("red:0.4mm"), parse_pen("red:0.5mm"))


def test_a_search_takes_words_and_lists():
    assert {entry.pen.name for entry in search("Gelly")} == {
        f"gelly-roll-white-{n}" for n in ("05", "08", "10")
    }
    assert [entry.pen.name for entry in search("pigma-005,red:0.3mm")] == ["pigma-005", "red"]
    assert tuple(entry.pen for entry in search("")) == list_pens()
    assert "unknown pen" in refusal(search, "stabilo-99")


def test_a_file_of_ones_own(mine):
    path = mine(FAMILY)
    pens = {pen.name: pen for pen in read_pen_file(path)}
    assert list(pens) == ["my-blue", "gel-05-white", "gel-05-gold", "gel-08-white", "gel-08-gold"]
    blue = Pen("my-blue", "#2b4fa0", 0.4, opacity=0.7, refill_m=2500.0, reference="mine.toml:my-blue")
    assert pens["my-blue"] == find_pen("mine.toml:my-blue") == blue
    assert pens["gel-08-gold"] == Pen(
        "gel-08-gold", "#a8853f", 0.4, opaque=True, reference="mine.toml:gel-08-gold"
    )
    assert [entry.title for entry in expand(path)][-1] == "gel pens 08 gold"
    assert all(find_pen(pen.text) == pen for pen in pens.values())


def test_a_pens_name_may_end_like_a_files(mine):
    path = mine(pen_table('["x.toml"]'))
    assert find_pen(f"./{path}:x.toml").name == "x.toml"
    assert find_pen(f"./{path}:x.toml:1mm").width_mm == 1.0


def test_files_in_lists(mine):
    mine(FAMILY)
    gel = [f"gel-{width}-{color}" for width in ("05", "08") for color in ("white", "gold")]
    assert [pen.name for pen in parse_pens("mine.toml")] == ["my-blue", *gel]
    assert [pen.name for pen in box("./mine.toml:gel-*,red,./mine.toml")] == [*gel, "red", "my-blue"]
    wide = find_pen("./mine.toml:my-blue:0.45mm")
    assert (wide.width_mm, wide.text) == (0.45, "./mine.toml:my-blue:0.45mm")
    assert find_pen(wide.text) == wide
    assert "my-blue" in refusal(find_pen, "mine.toml:my-bleu")
    assert "no pen is called like" in refusal(parse_pens, "mine.toml:x*")
    assert "no pen is called like" in refusal(parse_pens, "*" + "[" * 100_000)


def test_a_path_with_a_comma_cannot_stand_in_a_list(mine):
    path = mine(FAMILY, "a,b.toml")
    assert "comma" in refusal(find_pen, f"{path}:my-blue")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("x = 1", "is no table"),
        ('"a\\nb" = 1', "'a\\nb' is no table"),
        ("[x", "not valid TOML"),
        (b"\xff\xfe", "not a text file"),
        ("a" * 70_000, "larger than any pen table"),
        ("[x]", "missing title, width, color"),
        (pen_table(more="opacty = 1"), "did you mean opacity"),
        (pen_table(more="widths = { a = 1 }"), "did you mean width"),
        (pen_table(more="opaque = 1"), "opaque is 1, write true or false"),
        (pen_table(more='opacity = { value = 1, unit = "1", source = "x" }'), "opacity of 1"),
        (pen_table(more='opacity = { value = 50, unit = "%", source = "x" }'), "unit '%' does not fit"),
        (pen_table(more='refill = { value = 3, unit = "mm", source = "x" }'), "unit 'mm' does not fit"),
        (pen_table(more='refill = { value = 3e9, unit = "km", source = "x" }'), "m a refill"),
        (pen_table(title="title = 3"), "title 3"),
        (pen_table(width="width = 0.4"), "write it as"),
        (pen_table(width='width = { value = 30, unit = "mm", source = "x" }'), "30 mm wide"),
        (pen_table(width='width = { value = nan, unit = "mm", source = "x" }'), "positive and finite"),
        (pen_table(width='widths = { unit = "mm", source = "x" }'), "write it as"),
        (pen_table(width="widths = { 01 = 0.1 }"), "write it as"),
        (
            pen_table(width='widths = { 01 = "a", unit = "mm", source = "x" }'),
            "'01': value 'a' is not a number",
        ),
        (pen_table(width='widths = { 01 = 0.1, unit = ["mm"], source = "x" }'), "does not fit"),
        (pen_table(width='widths = { "a:b" = 0.1, unit = "mm", source = "x" }'), "is not a pen's name"),
        (pen_table(width='widths = { "a*" = 0.1, unit = "mm", source = "x" }'), "is not a pen's name"),
        (pen_table(color='color = "#102030"'), "write it as"),
        (pen_table(color='color = { value = "red", source = "x" }'), "'red' is not a pen's colour"),
        (pen_table(color='color = { value = "#ABCDEF", source = "x" }'), "in lower case"),
        (pen_table(color='color = { value = 3, source = "x" }'), "colour 3 must be one line"),
        (pen_table(color='color = { value = "#102030", source = "" }'), "source ''"),
        (pen_table(color='color = { value = "#102030", source = "x", a = 1 }'), "unknown entry 'a'"),
        (pen_table(color='colors = { source = "x" }'), "write it as"),
        (pen_table(name='["a,b"]'), "is not a pen's name"),
        (pen_table(name='["a+s40"]'), "is not a pen's name"),
        (pen_table() + pen_table("\n[y]", more="x = 1"), "'y': unknown entry 'x'"),
        (
            pen_table("[a-b]") + "\n" + pen_table("[a]", color='colors = { b = "#000000", source = "x" }'),
            "two pens are called 'a-b'",
        ),
        (
            pen_table(
                width="widths = {"
                + "".join(f"w{n} = 1, " for n in range(100))
                + 'unit = "mm", source = "x" }',
                color="colors = {" + "".join(f'c{n} = "#000000", ' for n in range(100)) + 'source = "x" }',
            ),
            "more than 1000 pens",
        ),
    ],
)
def test_broken_files_of_pens_are_refused_in_one_line(mine, text, complaint):
    path = mine(text)
    message = refusal(read_pen_file, path)
    assert complaint in message
    assert "mine.toml" in message
    assert refusal(find_pen, f"{path}:x") == refusal(parse_pens, path) == message


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_file_raises_anything_else(tmp_path, data):
    path = tmp_path / "noise.toml"
    path.write_bytes(data)
    refusal(read_pen_file, str(path))
    refusal(load_stock, f"{path}:x")


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text):
    for call in (find_pen, parse_pens, box, load_stock):
        try:
            call(text)
        except PlotoptError as error:
            complaint = str(error)
        else:
            complaint = "none"
        assert len(complaint.splitlines()) == 1


def test_folders_and_pipes_are_no_files_of_pens(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    for name, fragment in (("folder.toml", "is a folder"), ("pipe.toml", "is not an ordinary file")):
        assert f"{fragment}: give a pen table" in refusal(read_pen_file, str(tmp_path / name))
        assert f"{fragment}: give a paper table" in refusal(load_stock, f"{tmp_path / name}:x")


LINES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf", "Co", "Cn"]),
    min_size=1,
    max_size=30,
).filter(lambda text: text.strip() and text.isprintable())
PENS = st.builds(
    Pen,
    name=st.from_regex(r"\w(?:[\w .-]{0,10}\w)?", fullmatch=True),
    color=st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}"),
    width_mm=st.floats(0.02, 20),
    opaque=st.booleans(),
    opacity=st.floats(0.05, MAX_OPACITY),
    refill_m=st.none() | st.floats(1e-3, 1e6),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PENS, LINES, LINES)
def test_what_is_written_is_read_again(tmp_path, pen, title, source):
    path = tmp_path / "written.toml"
    path.write_text(pen_entry(pen, title, source), "utf-8")
    (entry,) = expand(str(path))
    assert entry.pen == find_pen(f"{path}:{pen.name}")
    assert entry.title == title
    assert entry.sources["width"] == entry.sources["color"] == source
    again = Pen(**{name: getattr(entry.pen, name) for name in Pen.__dataclass_fields__} | {"reference": None})
    assert again == pen


def test_an_entry_reads_well():
    pen = Pen("my pen", "#102030", 0.25, opaque=True, opacity=0.5, refill_m=40)
    assert pen_entry(pen, 'My "pen"', "photograph") == (
        '["my pen"]\n'
        'title   = "My \\"pen\\""\n'
        'width   = { value = 0.25, unit = "mm", source = "photograph" }\n'
        'color   = { value = "#102030", source = "photograph" }\n'
        "opaque  = true\n"
        'opacity = { value = 0.5, unit = "1", source = "photograph" }\n'
        'refill  = { value = 40.0, unit = "m", source = "as before" }\n'
    )
    assert "source" in refusal(pen_entry, pen, "x", "two\nlines")
    assert "title" in refusal(pen_entry, pen, "", "x")


def test_the_papers():
    stocks = {stock.name: stock for stock in list_stocks()}
    assert {"white", "cream", "grey", "kraft", "black", "copy", "watercolour", "bristol"} <= set(stocks)
    assert load_stock("white") == load_stock(" White ") == WHITE
    assert all(load_stock(name) == stock for name, stock in stocks.items())
    assert stocks["copy"].ink_limit < WHITE.ink_limit < stocks["watercolour"].ink_limit
    assert sum(bytes.fromhex(stocks["black"].color[1:])) < 120


WALL = """[wall]
title     = "a wall"
color     = { value = "#eeddcc", source = "eye" }
ink_limit = { value = 9, unit = "coats", source = "guess" }
"""


def test_a_paper_of_ones_own(mine):
    path = mine(WALL)
    wall = Stock("mine.toml:wall", "a wall", "#eeddcc", 9.0)
    assert load_stock(f"{path}:wall") == load_stock(wall.name) == wall
    assert "write which of its papers" in refusal(load_stock, path)
    assert refusal(load_stock, f"{path}:wal") == "unknown paper 'mine.toml:wal': use mine.toml:wall"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("9", "0.1", "bears 0.1 coats"),
        ("9", "-9", "must be positive"),
        ("coats", "mm", "unit 'mm' does not fit"),
        ("#eeddcc", "red", "is not a paper's colour"),
        ("title", "tilte", "did you mean title"),
        ('color     = { value = "#eeddcc", source = "eye" }', "", "missing color"),
        ("[wall]", "wall = 1", "is no table"),
        ("[wall]", '["a\\nb"]', "must be one line of text"),
    ],
)
def test_broken_files_of_papers_are_refused_in_one_line(mine, old, new, complaint):
    assert complaint in refusal(load_stock, f"{mine(WALL.replace(old, new))}:wall")


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("blak", "use black"),
        ("", "use white"),
        ("zzz", "use white, copy"),
        ("zzz", "black, or one in a file of your own, as in mine.toml:my-paper"),
        ("kraft:white", "use white, kraft, another of `plotopt papers`, or one in a file of your own"),
        ("no.toml:x", "'no.toml' does not exist"),
    ],
)
def test_papers_that_no_one_knows(text, fragment):
    assert fragment in refusal(load_stock, text)
