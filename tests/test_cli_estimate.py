import json

import pytest
from click.testing import CliRunner
from PIL import Image

from plotopt.cli.estimate import command
from plotopt.errors import PlotoptError

# A square of 100 mm in red, two lines in blue; 1 user unit is 1 mm.
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" width="200mm" height="100mm" viewBox="0 0 200 100"
  xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" fill="none">
  <g inkscape:groupmode="layer" inkscape:label="frame" stroke="#ff0000" stroke-width="0.5">
    <rect x="50" y="0" width="100" height="100"/>
  </g>
  <g inkscape:groupmode="layer" inkscape:label="lines" stroke="#0000ff" stroke-width="0.5">
    <path d="M100,0 H200"/><path d="M0,50 h30"/>
  </g>
</svg>"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "drawing.svg"
    path.write_text(DRAWING)
    return path


def ran(*words):
    result = CliRunner().invoke(command, list(map(str, words)))
    if result.exception and not isinstance(result.exception, PlotoptError | SystemExit):
        raise result.exception
    return result


def told(*words):
    result = ran(*words, "--json")
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def refusal(*words):
    result = ran(*words)
    assert isinstance(result.exception, PlotoptError), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_the_files_own_order_is_estimated(file):
    figures = told(file, "--client", "saxi")
    assert (figures["paths"], figures["lifts"], figures["pen_down_m"]) == (3, 3, 0.53)
    assert figures["page"] == {"width_mm": 200, "height_mm": 100}
    frame, lines = figures["layers"]
    assert (frame["label"], lines["label"]) == ("frame", "lines")
    # Home to the square's corner and back; to the first line, across to the second, and home.
    assert frame["pen_up_m"] == 0.1
    assert lines["pen_up_m"] == pytest.approx(
        (100 + (200**2 + 50**2) ** 0.5 + (30**2 + 50**2) ** 0.5) / 1000, abs=1e-4
    )
    assert list(figures["minutes"]) == ["saxi"]
    assert figures["minutes"]["saxi"] == pytest.approx(
        frame["minutes"]["saxi"] + lines["minutes"]["saxi"], abs=2e-4
    )


def test_json_keeps_its_shape(file):
    figures = told(file)
    assert list(figures) == [
        "file",
        "profile",
        "stock",
        "page",
        "paths",
        "pen_down_m",
        "pen_up_m",
        "lifts",
        "minutes",
        "layers",
        "ink",
        "notes",
    ]
    assert list(figures["layers"][0]) == [
        "label",
        "paths",
        "pen_down_m",
        "pen_up_m",
        "lifts",
        "refills",
        "minutes",
        "pen",
    ]
    assert figures["layers"][0]["pen"] == {
        "name": "frame",
        "color": "#ff0000",
        "width_mm": 0.5,
        "refill_m": None,
    }
    assert set(figures["ink"]) == {"most_coats", "x_mm", "y_mm"}


def test_both_clients_are_told_where_none_was_asked(file):
    figures = told(file)
    assert list(figures["minutes"]) == ["saxi", "axicli"]
    assert figures["minutes"]["saxi"] != figures["minutes"]["axicli"]
    times = [row for row in ran(file).stdout.splitlines() if "plans it" in row]
    assert times[0].startswith("time ")
    assert times[0].endswith("on AxiDraw V3 and SE/A4, as saxi plans it")
    assert times[1].endswith("on AxiDraw V3 and SE/A4, as axicli plans it")


def test_a_machine_that_axicli_does_not_drive_has_one_time(file):
    assert list(told(file, "--profile", "idraw_h_a3")["minutes"]) == ["saxi"]
    assert "no times of axicli" in refusal(file, "--profile", "idraw_h_a3", "--client", "axicli")


def test_the_text_has_a_row_a_layer(file):
    out = ran(file, "--client", "SAXI").stdout.splitlines()
    assert out[:4] == [
        "page       200 x 100 mm",
        "paths      3",
        "distance   0.5 m pen down, 0.5 m pen up",
        "pen lifts  3",
    ]
    assert out[5] == "pens       frame 0.5 mm: 0.4 m"
    assert out[6] == "           lines 0.5 mm: 0.1 m"
    assert out[7].startswith("ink load   up to ")
    assert [row.split()[0] for row in out[8:]] == ["frame", "lines"]


def test_pens_of_ones_own_take_the_place_of_the_files(file):
    one = told(file, "--pens", "green:1mm", "--client", "saxi")
    assert [layer["pen"]["width_mm"] for layer in one["layers"]] == [1, 1]
    each = told(file, "--pens", "black:0.3mm,green:1mm", "--client", "saxi")
    assert [layer["pen"]["width_mm"] for layer in each["layers"]] == [0.3, 1]
    assert one["ink"]["most_coats"] > each["ink"]["most_coats"]
    assert "3 pens for a drawing of 2 layers" in refusal(file, "--pens", "red:1mm,blue:1mm,black:1mm")


def test_a_heat_map_is_written_and_never_over_a_file_unasked(file, tmp_path):
    path = tmp_path / "heat.png"
    assert ran(file, "--heat-map", path).exit_code == 0
    with Image.open(path) as image:
        assert min(image.size) > 200
    before = path.read_bytes()
    assert "it exists already" in refusal(file, "--heat-map", path)
    assert path.read_bytes() == before
    assert ran(file, "--heat-map", path, "--force").exit_code == 0
    assert "end it in .png" in refusal(file, "--heat-map", tmp_path / "heat.svg")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["drawing.svg", "heat.png"]


def test_what_the_pen_cannot_reach_is_a_note(file):
    file.write_text(DRAWING.replace('width="200mm" height="100mm"', 'width="1000mm" height="500mm"'))
    (note,) = told(file)["notes"]
    assert "reaches 1000 x 500 mm from the page's corner" in note
    assert ran(file).stderr == f"note: {note}\n"


def test_too_much_ink_is_a_note(file):
    many = "<path d='M100,0 H200'/>" * 30
    file.write_text(DRAWING.replace('<path d="M0,50 h30"/>', many))
    assert any("white drawing paper bears" in note for note in told(file)["notes"])


def test_a_drawing_without_lines_takes_no_time(file):
    file.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="50mm" height="50mm"/>')
    figures = told(file)
    assert (figures["paths"], figures["pen_down_m"], figures["layers"]) == (0, 0, [])
    assert set(figures["minutes"].values()) == {0}
    assert ran(file).exit_code == 0


def test_a_point_is_a_path(file):
    start, _, _ = DRAWING.partition("<g")
    file.write_text(start + '<path stroke="#000" d="M1,1 h.001"/></svg>')
    assert told(file)["paths"] == 1


@pytest.mark.parametrize(
    "content", [b"", b"<svg", b"\x89PNG\r\n", b"<html/>", bytes(range(256)), b"<svg>" * 5000]
)
def test_what_is_no_drawing_is_refused_in_one_line(file, content):
    file.write_bytes(content)
    refusal(file)


def test_the_drawing_is_not_overwritten_by_its_heat_map(file):
    (file.parent / "link.png").symlink_to(file)
    told = refusal(file, "--heat-map", file.parent / "link.png", "--force")
    assert "link.png': it is one of the files this is made from" in told
    assert file.read_text() == DRAWING


def test_what_is_not_there_is_refused_in_one_line(tmp_path, file):
    for words in (
        (tmp_path / "none.svg",),
        (tmp_path,),
        (file, "--profile", "axidrow"),
        (file, "--stock", "glass"),
        (file, "--pens", "red:zz"),
        (file, "--heat-map", tmp_path / "no" / "heat.png"),
        (file, "--heat-map", f"{tmp_path}/heat.png/"),
    ):
        refusal(*words)
    assert ran(file, "--client", "inkscape").exit_code == 2
