"""The lists of pens and papers, and swatch sheets, as the command line gives them."""

import re

import pytest
from click.testing import CliRunner

from plotopt.catalog import list_pens, list_stocks
from plotopt.cli.pens import command, papers
from plotopt.errors import PlotoptError


def run(*words, of=command, **options):
    return CliRunner().invoke(of, words, **options)


def refused(*words):
    result = run(*words)
    assert isinstance(result.exception, PlotoptError)
    assert result.output == ""
    return str(result.exception)


def test_every_pen_has_a_line():
    result = run()
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == [pen.name for pen in list_pens()]
    assert all(line.endswith(pen.color) for line, pen in zip(lines, list_pens(), strict=True))
    assert "\x1b" not in result.output
    assert max(map(len, lines)) <= 100


def test_what_a_line_says():
    (line,) = run("bic-cristal-blue").output.splitlines()
    assert re.split(r"\s{2,}", line) == [
        "bic-cristal-blue",
        "0.4 mm",
        "85% a pass",
        "2,000 m",
        "BIC Cristal medium blue",
        "#23398f",
    ]
    (line,) = run("signo-white").output.splitlines()
    assert "  opaque  " in line
    (line,) = run("red:0.3mm").output.splitlines()
    assert line.startswith("red:0.3mm")


def test_a_terminal_sees_the_colours():
    result = run("stabilo-88-red", color=True)
    assert "\x1b[48;2;216;35;47m" in result.output


@pytest.mark.parametrize(
    ("pattern", "count"), [("stabilo-88-*", 14), ("Gelly", 3), ("pigma-005,blue:1mm", 2)]
)
def test_patterns_words_and_lists(pattern, count):
    assert len(run(pattern).output.splitlines()) == count


def test_an_unknown_pen_is_refused():
    assert "use stabilo-88-red" in refused("stabilo-88-rde")


def test_the_papers():
    lines = run(of=papers).output.splitlines()
    assert [line.split()[0] for line in lines] == [stock.name for stock in list_stocks()]
    assert re.split(r"\s{2,}", lines[0]) == ["white", "4 coats", "white drawing paper", "#ffffff"]


def test_a_swatch_sheet_lies_beside_its_preview(tmp_path):
    sheet = tmp_path / "gel.svg"
    words = ("gelly-roll-white-0?", "--swatches", str(sheet), "--paper", "a5", "--stock", "black")
    result = run(*words)
    assert result.exception is None
    svg = sheet.read_text("utf-8")
    assert 'inkscape:label="1-gelly-roll-white-05-0.3mm"' in svg
    assert 'inkscape:label="2-gelly-roll-white-08-0.4mm"' in svg
    assert 'width="148mm"' in svg
    assert (tmp_path / "gel.png").read_bytes().startswith(b"\x89PNG")
    assert "gel.svg" in result.output
    assert "exists already" in refused(*words)
    assert run(*words, "--force").exception is None


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("--stock", "blak"), "use black"),
        (("--paper", "a9"), "unknown paper"),
        (("--profile", "no"), "unknown plotter profile"),
        (("--paper", "30x30mm"), "patches"),
    ],
)
def test_a_sheet_that_cannot_be_leaves_nothing(tmp_path, words, fragment):
    assert fragment in refused("stabilo-88-*", "--swatches", str(tmp_path / "s.svg"), *words)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_pens_is_not_overwritten_by_their_sheet(tmp_path):
    pens, sheet = tmp_path / "mine.toml", tmp_path / "sheet.svg"
    width = 'width = { value = 0.3, unit = "mm", source = "eye" }'
    pens.write_text(f'[gel]\ntitle = "Gel"\ncolor = {{ value = "#102030", source = "eye" }}\n{width}\n')
    before = pens.read_text()
    sheet.symlink_to(pens)
    told = refused(str(pens), "--swatches", str(sheet), "--force")
    assert "sheet.svg': it is one of the files this is made from" in told
    sheet.unlink()
    (tmp_path / "sheet.png").symlink_to(pens)
    assert "sheet-preview.png" in run(str(pens), "--swatches", str(sheet)).output
    assert pens.read_text() == before


def test_a_sheet_has_the_name_of_a_drawing(tmp_path):
    assert "end it in .svg" in refused("pigma-005", "--swatches", str(tmp_path / "s.txt"))
