"""The story of `plotopt plan`: from a file of another program to a drawing for a plotter."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from plotopt.catalog import load_stock
from plotopt.errors import PlotoptError
from plotopt.page import Orientation, parse_paper
from plotopt.pens import Pen
from plotopt.plot.chains import lengths_mm, pen_up_moves_mm
from plotopt.plot.estimation import estimate
from plotopt.plot.reading import Grouping
from plotopt.profiles import Client, list_profiles
from plotopt.replanning import plan
from plotopt.settings.plan import LayerPen, PlanSettings, read_layer_pens, read_plan_settings

DATA = Path(__file__).parent / "data" / "svg"
INKSCAPE = DATA / "inkscape.svg"
UNDRIVEN = next(profile.name for profile in list_profiles() if profile.axicli is None)


@pytest.fixture
def planned(tmp_path):
    """Plans a body on a page of 100 x 80 mm, stroked black and 0.4 mm wide."""

    def call(body, **options):
        file = tmp_path / "a.svg"
        file.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="80mm" viewBox="0 0 100 80" '
            'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
            f'fill="none" stroke="black" stroke-width="0.4">{body}</svg>'
        )
        return plan(file, **options)

    return call


def chains(drawing):
    return [chain for layer in drawing.layers for chain in layer.chains]


def extent(drawing):
    points = np.concatenate([chain.reshape(-1, 2) for chain in chains(drawing)])
    return [*points.min(0), *points.max(0)]


def test_a_file_becomes_a_drawing_for_the_plotter():
    drawing = plan(INKSCAPE)
    assert [(layer.pen.name, layer.pen.color, layer.pen.width_mm) for layer in drawing.layers] == [
        ("leaves", "#008000", 0.5),
        ("outline", "#0000ff", 0.3),
    ]
    assert (drawing.page.width_mm, drawing.page.height_mm) == pytest.approx((148, 105))
    assert drawing.source == INKSCAPE
    assert drawing.notes == (
        "texts left out: 1 (convert text to paths first)",
        "hidden elements left out: 1",
    )
    assert drawing.metadata["command"].startswith("plotopt plan inkscape.svg --orientation=auto ")
    assert " --no-fit " in drawing.metadata["command"]
    assert drawing.metadata["options"]["layers"] == "auto"
    assert drawing.metadata["before"]["paths"] == 5
    assert 'inkscape:label="2-outline-0.3mm"' in drawing.svg()


@pytest.mark.parametrize("name", ["inkscape", "illustrator", "chart"])
def test_a_planned_drawing_planned_again_is_the_same(tmp_path, name):
    first = plan(DATA / f"{name}.svg")
    file = tmp_path / "again.svg"
    file.write_text(first.svg())
    second = plan(file)
    assert [layer.pen.text for layer in second.layers] == [layer.pen.text for layer in first.layers]
    assert [layer.pen.name for layer in second.layers] == [layer.pen.name for layer in first.layers]
    for ours, theirs in zip(second.layers, first.layers, strict=True):
        assert len(ours.chains) == len(theirs.chains)
        assert lengths_mm(ours.chains).sum() == pytest.approx(lengths_mm(theirs.chains).sum(), abs=0.05)
    assert second.statistics.pen_up_m == pytest.approx(first.statistics.pen_up_m, abs=1e-3)


def test_the_same_file_gives_the_same_drawing():
    assert plan(INKSCAPE).svg() == plan(INKSCAPE).svg()


def test_loose_lines_are_joined_ordered_and_drawn_once(planned):
    rng = np.random.default_rng(0)
    steps = [f"M{x} {y}h10" for x in range(10, 90, 10) for y in range(10, 70, 5)]
    rng.shuffle(steps)
    body = "".join(f'<path d="{step}"/>' for step in steps + steps[:20])
    drawing = planned(body)
    before = drawing.metadata["before"]
    assert before["paths"] == 116
    assert drawing.statistics.paths <= 12
    assert drawing.statistics.pen_down_m == pytest.approx(0.96, abs=0.06)
    assert drawing.statistics.pen_up_m < before["pen_up_m"] / 5
    assert drawing.statistics.minutes < before["minutes"] / 2


def test_figures_before_are_those_of_the_file_as_it_is(planned):
    body = '<path d="M10 0h10M0 10h10"/><path d="M10 10h10"/>'
    before = planned(body).metadata["before"]
    moves = 10 + np.hypot(20, 10) + 0 + np.hypot(20, 10)
    assert before["paths"] == 3
    assert before["pen_up_m"] == pytest.approx(moves / 1000, abs=1e-4)


def test_order_is_kept_when_asked(planned):
    body = "".join(f'<path d="M{x} 10v9"/>' for x in (50, 10, 90, 30))
    kept = chains(planned(body, keep_order=True))
    starts = [(50, 10), (10, 10), (90, 10), (30, 10)]
    assert [tuple(chain[0, 0]) for chain in kept] == [pytest.approx(start) for start in starts]
    ordered = chains(planned(body))
    assert pen_up_moves_mm(ordered).sum() < pen_up_moves_mm(kept).sum()


@pytest.mark.parametrize(("keep", "length"), [(False, 20), (True, 40)])
def test_what_is_drawn_twice_is_kept_when_asked(planned, keep, length):
    body = '<path d="M10 10h20"/><path d="M30 10h-20"/>'
    drawing = planned(body, keep_hidden=keep, join="0mm")
    assert lengths_mm(chains(drawing)).sum() == pytest.approx(length)


@pytest.mark.parametrize(
    ("simplify", "count"), [(None, 1), ("0mm", 5), ("0.001mm", 5), (0.05, 1), ("0.04", 1)]
)
def test_simplifying_is_by_a_tenth_of_the_pen_unless_told(planned, simplify, count):
    body = '<path d="M10 10l5 .03 5 -.03 5 .03 5 -.03 5 .03"/>'
    options = {} if simplify is None else {"simplify": simplify}
    (chain,) = chains(planned(body, **options))
    assert len(chain) == count


@pytest.mark.parametrize(("join", "count"), [(None, 1), ("0.1mm", 2), ("0.35mm", 1), ("5mm", 1)])
def test_gaps_are_joined_by_the_pens_width_unless_told(planned, join, count):
    options = {} if join is None else {"join": join}
    assert len(chains(planned('<path d="M10 10h20M30.3 10h20"/>', **options))) == count


@pytest.mark.parametrize(
    ("options", "box"),
    [
        ({}, (0, 40, 100, 40)),
        ({"margin": "10mm"}, (10, 40, 90, 40)),
        ({"paper": "60x80mm"}, (0, 40, 80, 40)),
        ({"paper": "60x80mm", "orientation": "portrait"}, (0, 40, 60, 40)),
        ({"paper": "a4", "margin": 20}, (20, 40, 130, 40)),
        ({"fit": True}, (8.2, 40, 91.8, 40)),
        ({"fit": True, "margin": 0}, (0.2, 40, 99.8, 40)),
        ({"fit": True, "paper": "a6"}, (10.7, 52.5, 137.3, 52.5)),
        ({"fit": True, "paper": "a4"}, (20.2, 105, 276.8, 105)),
        ({"fit": True, "margin": "1cm"}, (10.2, 40, 89.8, 40)),
        ({"fit": True, "paper": "a4", "margin": 20}, (20.2, 105, 276.8, 105)),
    ],
)
def test_a_drawing_keeps_its_place_unless_it_is_fitted(planned, options, box):
    assert extent(planned('<path d="M-50 40H130"/>', **options)) == pytest.approx(box, abs=1e-5)


def test_a_fitted_drawing_keeps_its_proportions(planned):
    left, top, right, bottom = extent(planned('<rect x="3" y="5" width="20" height="10"/>', fit=True))
    assert (right - left) / (bottom - top) == pytest.approx(2)
    assert (left + right, top + bottom) == pytest.approx((100, 80))
    assert right - left == pytest.approx(83.6)


def test_a_line_has_a_height_alone_and_can_be_fitted(planned):
    assert extent(planned('<path d="M9 9V20"/>', fit=True)) == pytest.approx((50, 8.2, 50, 71.8))


def test_what_is_cut_drawn_before_or_a_dot_is_told(planned):
    lines = '<path d="M-5 9H50"/><path d="M10 20h.3"/><path d="M0 30h0"/><path d="M-9-9h5"/>'
    drawing = planned(lines + '<path d="M3 40h9v9"/><path d="M12 40h-9v9"/>')
    assert drawing.notes == (
        "paths cut at the page's edge: 2",
        "lines and curves that were there twice, now drawn once: 1",
        "paths shorter than their pen is wide: 2 (drawn as dots)",
    )
    assert planned('<path d="M3 9H50"/>', margin="5mm").notes == ("paths cut at the margin: 1",)


def test_layers_that_become_one_are_told(planned):
    body = "".join(
        f'<path d="M{x} 9v9" stroke="{color}"/>' for x, color in ((9, "red"), (19, "blue"), (29, "lime"))
    )
    assert planned(body).notes == ()
    assert planned(body, pens="black").notes == ("3 layers are drawn as 1: those of one pen become one",)
    assert planned(body, pens="black,red,black").notes == (
        "3 layers are drawn as 2: those of one pen become one",
    )


def test_a_layer_off_the_page_is_left_out(planned):
    drawing = planned('<path d="M5 9H50"/><path stroke="red" d="M-9 9h5"/>')
    assert [layer.pen.name for layer in drawing.layers] == ["black"]


COLOURS = '<path d="M5 9H50"/><path stroke="red" d="M5 19H50"/><path stroke="blue" d="M5 29H50"/>'


@pytest.mark.parametrize(
    ("pens", "texts"),
    [
        (None, ["black:0.4mm", "red:0.4mm", "blue:0.4mm"]),
        ("0.2mm,lime:0.3mm,0.5mm", ["black:0.2mm", "lime:0.3mm", "black:0.5mm"]),
        ("0.2mm", ["black:0.2mm"]),
        ("red=lime:0.3mm", ["black:0.4mm", "lime:0.3mm", "blue:0.4mm"]),
        ("3=lime:0.3mm,0.2mm", ["black:0.2mm", "lime:0.3mm"]),
        (" RED = 0.3mm , 0.2mm,0.6mm", ["black:0.2mm", "black:0.3mm", "black:0.6mm"]),
        ((Pen("ink", "#123456", 0.3),), ["#123456:0.3mm"]),
        ((LayerPen("blue", Pen("ink", "#123456", 0.3)),), ["black:0.4mm", "red:0.4mm", "#123456:0.3mm"]),
    ],
)
def test_pens_go_to_layers_by_turn_or_by_name(planned, pens, texts):
    drawing = planned(COLOURS, **({} if pens is None else {"pens": pens}))
    assert [layer.pen.text for layer in drawing.layers] == texts


LABELS = ("4-sea", "2-black-0.4mm-part-1-of-2", "2-black-0.4mm-part-2-of-2", "1 hills")


@pytest.mark.parametrize(
    ("labels", "pens", "widths"),
    [
        # In plotting order: 1 hills, both parts of 2-black, 4-sea.
        (LABELS, "2=0.3mm", [0.4, 0.3, 0.3, 0.4]),
        (LABELS, "4=0.3mm,1=0.2mm", [0.2, 0.4, 0.4, 0.3]),
        (LABELS, "sea=0.3mm,0.5mm", [0.5, 0.3]),
        (LABELS, "black=0.3mm", [0.4, 0.3, 0.3, 0.4]),
        (LABELS, "3=0.3mm", "there is no layer '3': the drawing has 1 hills, 2-black"),
        (LABELS, "2=0.3mm,black=0.2mm", "layer '2-black-0.4mm-part-1-of-2' is given two pens"),
        (("roads", "2 sea"), "1=0.3mm", "there is no layer '1'"),
        (("roads", "sea"), "2=0.3mm", [0.4, 0.3]),
        (("roads", "7"), "7=0.3mm", [0.3, 0.4]),
    ],
)
def test_layers_are_called_by_the_numbers_that_they_have(planned, labels, pens, widths):
    body = "".join(
        f'<g inkscape:groupmode="layer" inkscape:label="{label}"><path d="M5 {9 + 9 * i}H50"/></g>'
        for i, label in enumerate(labels)
    )
    if isinstance(widths, str):
        with pytest.raises(PlotoptError) as refusal:
            planned(body, pens=pens)
        assert widths in str(refusal.value)
    else:
        assert [layer.pen.width_mm for layer in planned(body, pens=pens).layers] == widths


def test_digits_of_a_colour_are_no_number_of_a_layer(planned):
    drawing = planned('<path stroke="#123456" d="M5 9H50"/><path d="M5 19H50"/>', pens="2=0.3mm")
    assert [layer.pen.width_mm for layer in drawing.layers] == [0.4, 0.3]


@pytest.mark.parametrize("options", [{}, {"join": "0mm"}, {"keep_order": True}, {"keep_hidden": True}])
def test_a_circle_of_short_lines_stays_whole(planned, options):
    turns = np.linspace(0, 2 * np.pi, 301)
    points = [f"{50 + 12 * np.cos(turn):.4f} {40 + 12 * np.sin(turn):.4f}" for turn in turns]
    body = "".join(f'<path d="M{a}L{b}"/>' for a, b in pairwise(points))
    drawing = planned(body, **options)
    (circle,) = chains(drawing)
    assert lengths_mm([circle])[0] == pytest.approx(24 * np.pi, rel=2e-3)
    assert np.abs(np.linalg.norm(circle[:, 3] - [50, 40], axis=1) - 12).max() < 0.05
    assert drawing.statistics.hidden == 0
    assert drawing.notes == ()


@pytest.mark.parametrize("steps", ["h0", "l.03-.03", "h.2"])
def test_a_stipple_is_drawn_dot_by_dot(planned, tmp_path, steps):
    body = "".join(f'<path d="M{x} {y}{steps}"/>' for x in (9, 20, 90) for y in (9, 30, 70))
    drawing = planned(body + body)
    assert len(chains(drawing)) == 9
    assert drawing.statistics.minutes > 0
    assert drawing.notes[-1] == "paths shorter than their pen is wide: 9 (drawn as dots)"
    file = tmp_path / "again.svg"
    file.write_text(drawing.svg())
    # Of trips that are as short as each other either may be found.
    corners = [sorted(np.round([chain[0, 0], chain[-1, 3]], 3)[:, 0].tolist()) for chain in chains(drawing)]
    again = [sorted(np.round([chain[0, 0], chain[-1, 3]], 3)[:, 0].tolist()) for chain in chains(plan(file))]
    assert sorted(again) == sorted(corners)


def test_dots_drawn_twice_are_kept_when_asked(planned):
    drawing = planned(
        '<path d="M9 9h0"/><path d="M9 20h9"/><path d="M9 9h0"/>', keep_hidden=True, keep_order=True
    )
    assert len(chains(drawing)) == 3


def test_dots_on_the_edge_are_drawn_and_those_beyond_are_not(planned):
    drawing = planned('<path d="M0 0h0"/><path d="M100 80h0"/><path d="M100.1 9h0"/>')
    assert extent(drawing) == pytest.approx((0, 0, 100, 80))
    assert len(chains(drawing)) == 2


def test_a_lone_dot_can_be_fitted(planned):
    assert extent(planned('<path d="M9 9h0"/>', fit=True)) == pytest.approx((49.95, 40, 50.05, 40))


def test_one_layer_when_asked(planned):
    drawing = planned(COLOURS, layers="one", pens="0.3mm")
    assert [layer.pen.text for layer in drawing.layers] == ["black:0.3mm"]
    assert drawing.statistics.strokes == 3


def test_long_layers_are_split(planned):
    body = "".join(f'<path d="M5 {y}H95"/>' for y in range(5, 75, 5))
    drawing = planned(body, split_every="0.5m", join="0mm")
    assert [layer.part for layer in drawing.layers] == [1, 2, 3]
    assert lengths_mm(chains(drawing)).sum() == pytest.approx(14 * 90)


def test_the_machine_and_its_program_are_passed_on(planned):
    drawing = planned(COLOURS, client="axicli", profile="axidraw_minikit")
    assert (drawing.client, drawing.profile.name) == (Client.AXICLI, "axidraw_minikit")


@pytest.mark.parametrize(
    ("body", "options", "fragment"),
    [
        ("", {}, "holds nothing that a pen can draw"),
        ("<text>a</text>", {}, "holds nothing that a pen can draw"),
        ('<path d="M-9 0h5"/>', {}, "nothing of the drawing lies on its page of 100 x 80 mm"),
        ('<path d="M9 9h9"/>', {"margin": "30mm"}, "100 x 80 mm with a margin of 30 mm: give --fit"),
        (COLOURS, {"pens": "red=0.2mm,2=0.3mm"}, "layer 'red' is given two pens"),
        (COLOURS, {"pens": "0.2mm,0.3mm"}, "2 pens for 3 layers (black, red, blue)"),
        (COLOURS, {"pens": "0.2mm,0.3mm,0.4mm,0.5mm"}, "4 pens for 3 layers"),
        (COLOURS, {"pens": "1=0.2mm,2=0.2mm,3=0.2mm,0.5mm"}, "1 pens for 0 layers"),
        (COLOURS, {"pens": "green=0.2mm"}, "no layer 'green': the drawing has black, red, blue"),
        (COLOURS, {"pens": "4=0.2mm"}, "no layer '4'"),
        (COLOURS, {"pens": "0=0.2mm"}, "no layer '0'"),
        (COLOURS, {"margin": "40mm"}, "a margin of 40 mm leaves no room on a page of 100 x 80 mm"),
        (COLOURS, {"margin": "39mm"}, "nothing of the drawing lies on its page"),
        (COLOURS, {"margin": "39mm", "pens": "3mm", "fit": True}, "nothing fits on a page of 100 x 80 mm"),
        (COLOURS, {"paper": "a6", "margin": "60mm"}, "leaves no room on A6"),
        ('<path d="M0 0H99V80"/>', {"paper": "a1", "fit": True}, "reaches"),
    ],
)
def test_what_cannot_be_planned_is_refused(planned, body, options, fragment):
    with pytest.raises(PlotoptError) as refusal:
        planned(body, **options)
    assert fragment in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_only_what_lies_on_the_page_has_to_be_reached(planned):
    planned('<path d="M-5000 9H5000"/>', profile="axidraw_minikit")


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"seed": 3}, "there is no option 'seed'"),
        ({"pens": ""}, "''"),
        ({"pens": "=0.3mm"}, "name no layer before '='"),
        ({"pens": "a=blurple"}, "blurple"),
        ({"pens": ()}, "pens is empty"),
        ({"pens": 3}, "pens is empty"),
        ({"pens": "auto:2"}, "auto is for `plotopt fit`"),
        ({"pens": "red=Auto:2:stabilo-88-*"}, "auto is for `plotopt fit`"),
        ({"pens": ("0.3mm",)}, "holds what is no pen"),
        ({"paper": 4}, "paper is 4"),
        ({"paper": "a44"}, "'a44'"),
        ({"margin": "-1mm"}, "-1mm"),
        ({"margin": -5.0}, "a margin of -5 mm is not possible"),
        ({"margin": float("nan")}, "a margin of nan mm is not possible"),
        ({"margin": float("inf")}, "a margin of inf mm is not possible"),
        ({"margin": True}, "margin is True"),
        ({"fit": "maybe"}, "fit is 'maybe'"),
        ({"orientation": "upright"}, "'upright'"),
        ({"profile": "missing.toml"}, "'missing.toml'"),
        ({"client": "inkscape"}, "use saxi, axicli"),
        ({"client": "axicli", "profile": UNDRIVEN}, "no times of axicli are known"),
        ({"layers": "many"}, "use auto, inkscape, colour, one"),
        ({"join": "far"}, "'far'"),
        ({"join": "51mm"}, "join is 51"),
        ({"join": True}, "join is True"),
        ({"simplify": "-1mm"}, "-1mm"),
        ({"simplify": float("nan")}, "simplify is nan"),
        ({"split_every": "0m"}, "0"),
        ({"split_every": "1mm"}, "split every is 0.001"),
    ],
)
def test_settings_out_of_range_are_refused(options, fragment):
    with pytest.raises(PlotoptError) as refusal:
        read_plan_settings(**options)
    assert fragment in str(refusal.value)


def test_settings_are_spelled_as_they_are_read():
    settings = PlanSettings(
        pens=(LayerPen(None, Pen("black", "#000000", 0.3)), LayerPen("sea", Pen("blue", "#0000ff", 0.5))),
        paper=parse_paper("a3"),
        fit=True,
        margin=5.5,
        orientation=Orientation.PORTRAIT,
        client=Client.AXICLI,
        layers=Grouping.ONE,
        keep_order=True,
        join=0.25,
        simplify=0.0,
        split_every=40.0,
    )
    spelled = {name: value for name, value in settings.options().items() if value is not None}
    assert spelled["pens"] == "black:0.3mm,sea=blue:0.5mm"
    texts = {name: value if isinstance(value, bool) else str(value) for name, value in spelled.items()}
    assert read_plan_settings(**texts) == settings
    assert read_plan_settings(layers="color").layers is Grouping.COLOUR


def test_labels_may_hold_anything_but_commas():
    (pen,) = read_layer_pens("1 - a=b=red:0.3mm")
    assert (pen.layer, pen.pen.text) == ("1 - a=b", "red:0.3mm")


def test_a_frame_drawn_at_the_margin_stays(planned):
    drawing = planned(
        '<rect x="10" y="10" width="80" height="60"/><path stroke="red" d="M20 20H50"/>', margin="10mm"
    )
    assert drawing.statistics.pen_down_m == pytest.approx(0.28 + 0.03)


def test_a_layer_that_lies_beyond_the_margin_is_told(planned):
    drawing = planned('<path d="M20 20H50"/><path stroke="red" d="M2 2H50"/>', margin="10mm")
    assert [layer.pen.name for layer in drawing.layers] == ["black"]
    assert any("nothing of layer 'red'" in note for note in drawing.notes)


def test_a_layer_that_lies_beyond_the_page_is_told_though_others_have_its_pen(planned):
    layer = '<g inkscape:groupmode="layer" inkscape:label="{}"><path d="M{}H{}"/></g>'
    drawing = planned(layer.format("on it", "20 20", 50) + layer.format("beside", "200 200", 250))
    assert len(drawing.layers) == 1
    assert [note for note in drawing.notes if "nothing of" in note] == [
        "nothing of layer 'beside' lies on the page inside its margin"
    ]


def test_text_alone_is_told_where_there_is_nothing_else(planned):
    with pytest.raises(PlotoptError, match="text"):
        planned('<text x="5" y="9">hello</text>')


def test_a_drawing_of_ours_has_the_pens_and_the_paper_that_it_was_made_with(planned, tmp_path):
    """One pen makes one layer, whose ink neither colour nor width tell."""
    kraft = {"stock": "kraft", "pens": "gelly-roll-white-08"}
    first = planned('<path d="M20 20H50"/>', **kraft)
    (tmp_path / "own.svg").write_text(first.svg())
    again = plan(tmp_path / "own.svg")
    assert [layer.pen for layer in again.layers] == [layer.pen for layer in first.layers]
    assert again.stock == first.stock == load_stock("kraft")
    assert again.preview(50).tobytes() == first.preview(50).tobytes()
    assert plan(tmp_path / "own.svg", stock="cream").stock.name == "cream"
    made = estimate(tmp_path / "own.svg", again.profile, [Client.SAXI])
    assert (made.stock.name, made.layers[0].pen.refill_m) == ("kraft", first.layers[0].pen.refill_m)


@pytest.mark.parametrize(
    ("told", "gone"),
    [
        ('"pens": {"1-white-0.4mm": "./gone.toml:gel"}, "stock": "./gone.toml:card"', 2),
        ('"pens": {"1-white-0.4mm": "red:0.4mm"}, "stock": 7', 1),
        ('"pens": ["white"], "stock": "kraft"', 0),
        ('"pens": {}', 0),
    ],
)
def test_materials_that_cannot_be_are_not_believed(planned, told, gone):
    told = f"<metadata>{{&quot;materials&quot;: {{{told}}}}}</metadata>"
    layer = '<g inkscape:groupmode="layer" inkscape:label="1-white-0.4mm"><path d="M20 20H50"/></g>'
    drawing = planned(told + layer)
    assert [(layer.pen.color, layer.pen.opaque) for layer in drawing.layers] == [("#000000", False)]
    assert drawing.stock.name == "white"
    told = [note for note in drawing.notes if "is not there any more" in note]
    assert len(told) == gone


def test_ink_that_does_not_show_on_the_paper_is_told(planned):
    drawing = planned('<path stroke="white" d="M20 20H50"/>')
    assert any("the ink of white (#ffffff) hardly shows" in note for note in drawing.notes)
