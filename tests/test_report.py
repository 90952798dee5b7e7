import re
from pathlib import Path

import numpy as np
import pytest
from machines import PROFILE

from plotopt import bezier
from plotopt.cli.report import report
from plotopt.drawing import Drawing
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot.plan import Layer
from plotopt.stocks import Stock

PEN = Pen("black", "#000000", 0.4)


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0], float), np.array([x1, y1], float))[None]


LAYER = Layer(PEN, (line(100, 0, 200, 0),), strokes=3)


def lines(capsys, *layers, notes=(), **options):
    drawing = Drawing(Page(210, 297, 20), layers, PROFILE, {}, notes, **options)
    report(drawing, [Path("a.svg"), Path("a.png")])
    out, err = capsys.readouterr()
    return out.splitlines(), err.splitlines()


def test_a_drawing_of_one_layer_takes_eight_lines(capsys):
    # As worked out by hand in test_plot_plan.py; 100 mm of line 0.4 mm wide run along cells of 4 mm2.
    out, err = lines(capsys, LAYER)
    assert out == [
        "page       210 x 297 mm",
        "strokes    3 in 1 path",
        "distance   0.1 m pen down, 0.3 m pen up",
        "pen lifts  1",
        "time       5 s on Test machine, as saxi plans it",
        "ink load   up to 0.2 coats (white drawing paper bears 4)",
        "pen        black 0.4 mm",
        "files      a.svg  a.png",
    ]
    assert err == []


def test_a_part_of_a_line_in_which_no_stroke_begins_is_a_path(capsys):
    parts = [Layer(PEN, LAYER.chains, strokes, part=part, parts=2) for part, strokes in ((1, 3), (2, 0))]
    out, _ = lines(capsys, *parts)
    assert [re.split(r" {2,}", row.strip())[1] for row in out[6:-1]] == ["3 in 1 path", "1 path"]


def test_fillings_of_a_single_pen_are_told(capsys):
    out, _ = lines(capsys, Layer(Pen("gel", "#ff0000", 0.4, refill_m=0.05), LAYER.chains, 3))
    assert out[-2] == "pen        gel 0.4 mm, 2.00 refills"


def test_notes_that_were_told_are_not_told_again(capsys):
    report(Drawing(Page(210, 297, 20), (LAYER,), PROFILE, {}, ("one", "two")), [Path("a.svg")], {"one"})
    assert capsys.readouterr().err == "note: two\n"


def test_what_hidden_strokes_save_is_told(capsys):
    out, _ = lines(capsys, Layer(PEN, LAYER.chains, 3, hidden=1200, hidden_m=4.56))
    assert out[2] == "hidden     1,200 strokes left out, 4.6 m: covered by others"


def test_several_layers_are_told_one_by_one(capsys):
    red = Layer(
        Pen("red", "#ff0000", 0.3, refill_m=0.5), (line(100, 0, 200, 0),) * 12, strokes=12, part=1, parts=2
    )
    out, _ = lines(capsys, LAYER, red)
    rows = [re.split(r" {2,}", row.strip()) for row in out[6:-1]]
    assert rows == [
        ["1-black-0.4mm", "3 in 1 path", "0.1 m down, 0.3 m up", "1 lift", "5 s"],
        ["2-red-0.3mm-part-1-of-2", "12 paths", "1.2 m down, 1.4 m up", "12 lifts", "44 s", "2.40 refills"],
    ]
    assert out[6].index("0.1 m down") == out[7].index("1.2 m down")


def test_notes_and_too_much_ink_go_to_standard_error(capsys):
    out, err = lines(capsys, LAYER, notes=("one", "two"), stock=Stock("thin", "thin paper", "#ffffff", 0.5))
    assert (len(out), err) == (8, ["note: one", "note: two"])
    soaked = Layer(PEN, LAYER.chains * 3, 3)
    _, err = lines(capsys, soaked, stock=Stock("thin", "thin paper", "#ffffff", 0.5))
    assert len(err) == 1
    assert err[0].startswith(
        "note: 200 mm2, first of all near 101, 1 mm, take up to 0.6 coats of ink, 0.5 is "
    )


@pytest.mark.parametrize("layers", [(), (Layer(PEN, (), 0),)])
def test_nothing_is_told_as_nothing(capsys, layers):
    out, err = lines(capsys, *layers)
    assert out[:3] == [
        "page       210 x 297 mm",
        "strokes    0 in 0 paths",
        "distance   0.0 m pen down, 0.0 m pen up",
    ]
    assert "up to 0.0 coats" in out[5]
    assert err == []
