"""G-code read back: what the machine would draw is the drawing, lifted and paused where it should be."""

import numpy as np
import pytest
from machine_code import length_mm, read_gcode
from machines import PROFILE
from test_formats_hpgl import BLACK, LANDSCAPE, LAYERS

from plotopt.errors import PlotoptError
from plotopt.formats.gcode import find_flavour, gcode_text
from plotopt.pens import Pen
from plotopt.plot.chains import lengths_mm
from plotopt.plot.plan import Layer

FLAVOURS = (None, "z", "servo", "gcodemm", "gcode")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_lines_lie_where_they_are_on_the_page_seen_from_its_bottom_left(flavour):
    lines = read_gcode(gcode_text(LAYERS, LANDSCAPE, PROFILE, flavour))
    assert [layer for layer, _ in lines] == [1, 1, 2]
    chains = [chain for layer in LAYERS for chain in layer.chains]
    for (_, points), chain in zip(lines, chains, strict=True):
        on_page = np.stack([points[:, 0], 210 - points[:, 1]], axis=1)
        np.testing.assert_allclose(on_page[[0, -1]], [chain[0, 0], chain[-1, 3]], atol=0.002)
        assert length_mm(points) == pytest.approx(lengths_mm([chain])[0], rel=5e-3)
        assert (on_page >= 0).all()
        assert (on_page <= [297, 210]).all()


@pytest.mark.parametrize(("flavour", "feed"), [("z", "F3000"), ("servo", "F3000"), ("gcode", "F118.1102362")])
def test_the_feed_is_the_profiles_drawing_speed(flavour, feed):
    """50 mm/s are 3000 mm/min."""
    lines = gcode_text(LAYERS, LANDSCAPE, PROFILE, flavour).splitlines()
    assert lines.index(feed) < lines.index("(1-black-0.4mm)")


@pytest.mark.parametrize(
    ("flavour", "lift", "lower"), [("z", "G00 Z5", "G01 Z0"), ("servo", "M3 S0", "M3 S1000")]
)
def test_the_pen_is_up_wherever_it_travels_and_at_the_pause(flavour, lift, lower):
    down, pauses = True, []
    for line in gcode_text(LAYERS, LANDSCAPE, PROFILE, flavour).splitlines():
        if line in (lift, lower):
            down = line == lower
        elif line.startswith("G00 X"):
            assert not down
        elif line.startswith("G01 X"):
            assert down
        elif line.startswith("M0 "):
            assert not down
            pauses.append(line)
    assert pauses == ["M0 (put in 2-red-0.3mm)"]
    assert not down


def test_the_pen_is_changed_at_home():
    lines = gcode_text(LAYERS, LANDSCAPE, PROFILE).splitlines()
    assert lines[lines.index("M0 (put in 2-red-0.3mm)") - 1] == "G00 X0 Y0"


def test_names_cannot_end_a_comment_or_be_a_command():
    text = gcode_text([Layer(Pen("grün", "#00ff00", 0.4), LAYERS[0].chains, 2)] * 2, LANDSCAPE, PROFILE)
    assert "(2-gr_n-0.4mm)" in text
    assert text.isascii()


def test_the_global_random_state_and_vpypes_flavours_are_left_alone():
    import vpype

    before = np.random.get_state()[1].copy()
    gcode_text(LAYERS, LANDSCAPE, PROFILE)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert not [name for name in vpype.config_manager.config["gwrite"] if name.startswith("plotopt")]


def test_an_empty_drawing_moves_nothing():
    text = gcode_text([Layer(BLACK, (), 0)], LANDSCAPE, PROFILE)
    assert read_gcode(text) == []
    assert text.endswith("M2\n")


@pytest.mark.parametrize("name", ["sevro", "", "default_profile"])
def test_an_unknown_flavour_is_refused(name):
    with pytest.raises(PlotoptError, match="unknown G-code flavour"):
        find_flavour(name)


def test_a_flavour_that_asks_for_what_there_is_not_is_refused(monkeypatch):
    import vpype

    flavours = {**vpype.config_manager.config["gwrite"], "odd": {"segment": "{nothing}"}}
    monkeypatch.setitem(vpype.config_manager.config, "gwrite", flavours)
    with pytest.raises(PlotoptError, match=r"'odd' cannot be used: .*nothing"):
        gcode_text(LAYERS, LANDSCAPE, PROFILE, "odd")
