"""What reads the texts of options, with examples of what each takes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hostile
from hypothesis import strategies as st

from plotopt.catalog import load_stock, parse_pens
from plotopt.first_strokes.attention import read_attention
from plotopt.first_strokes.directions import read_direction
from plotopt.formats import parse_formats
from plotopt.looks import find_look
from plotopt.networks import parse_neuron, parse_neurons
from plotopt.page import parse_paper
from plotopt.profiles import load_profile
from plotopt.settings import read_settings
from plotopt.settings.base import read_metres, read_minutes
from plotopt.settings.fit import read_renderer
from plotopt.settings.network import parse_grid
from plotopt.settings.neuron import read_neuron_settings
from plotopt.settings.neurons import read_neurons_settings
from plotopt.settings.pens import read_pens
from plotopt.settings.plan import read_layer_pens, read_plan_settings
from plotopt.units import format_length, parse_length


@dataclass(frozen=True)
class Reader:
    """A function of a text, texts that it takes, and what spells a value so that it can be read again."""

    read: Callable[[str], Any]
    examples: tuple[str, ...]
    spell: Callable[[Any], str] | None = None


READERS = {
    "length": Reader(parse_length, ("0.4mm", "1 cm", ".5in", "12pt", "1e-1px"), format_length),
    "paper": Reader(parse_paper, ("a4", "Letter", "210x297mm", "8.5x11in", "20cm x 30cm"), lambda x: x.text),
    "pens": Reader(
        parse_pens, ("black", "red:0.3mm,#123:1mm", "pigma-005:0.2mm", "stabilo-88-*", "a.toml:b")
    ),
    "pen choice": Reader(read_pens, ("auto:4", "auto:2:stabilo-88-*,black", "0.3mm", "auto:1:black")),
    "layer pens": Reader(read_layer_pens, ("2=red:0.3mm", "black,red", "a b=0.3mm,2=red")),
    "stock": Reader(load_stock, ("white", "kraft", "./mine.toml:a", "a.toml"), lambda x: x.name),
    "profile": Reader(load_profile, ("axidraw_v3", "mine.toml", "./a/b", "generic_hpgl"), lambda x: x.name),
    "neuron": Reader(
        parse_neuron, ("vgg16:conv3_3:37", "vgg16:a.b:1+-0.5*12@center", "a:b:1e2*3"), lambda x: x.text
    ),
    "neurons": Reader(parse_neurons, ("vgg16:conv3_3:0-63", "a:b:0-7,12,40-41@center", "a:b:5-3")),
    "minutes": Reader(read_minutes, ("45", "45min", "1.5h", "1h30", ".5 h 3. m")),
    "metres": Reader(read_metres, ("40m", "40", "400 mm", "2in")),
    "direction": Reader(
        read_direction,
        ("structure", "45deg,135°", "radial@0.5,0.4", "circular", "relief:10,80", "random", "map:a b.png"),
        str,
    ),
    "attention": Reader(read_attention, ("busy", "auto", "off", "a b.png"), str),
    "grid": Reader(parse_grid, ("4x3", "64\u00d764", " 1 x 1 "), str),
    "renderer": Reader(read_renderer, ("plotopt", "diffvg", "diffvg:4"), str),
    "look": Reader(find_look, ("flow", "single-line", "Hatch"), str),
    "formats": Reader(
        parse_formats,
        ("svg,png", "hpgl:hp7550,gcode:servo", "pdf", "html,gcode"),
        lambda x: ",".join(map(str, x)),
    ),
}
SETTINGS = {
    "fit": read_settings,
    "plan": read_plan_settings,
    "neuron": read_neuron_settings,
    "neurons": read_neurons_settings,
}
_OWN = {
    "paper": "paper",
    "pens": "pens",
    "stock": "stock",
    "profile": "profile",
    "minutes": "minutes",
    "metres": "metres",
    "split_every": "metres",
    "margin": "length",
    "link": "length",
    "join": "length",
    "length": "length",
    "direction": "direction",
    "detail": "attention",
    "grid": "grid",
    "renderer": "renderer",
    "look": "look",
}
_OTHERS = (
    *("orientation", "quality", "client", "device", "strokes", "seed", "gamma", "contrast", "size", "tile"),
    *(
        "loss",
        "features",
        "layers",
        "style",
        "workers",
        "mask",
        "edges",
        "shading",
        "trace",
        "paper_threshold",
        "curl",
    ),
    *(
        "stiffness",
        "single_line",
        "crop",
        "batch",
        "shift",
        "turn",
        "copies",
        "relu",
        "ink",
        "simplify",
        "fit",
    ),
)


def texts():
    """The name of a reader and a text for it."""
    one = {name: hostile.texts(*reader.examples) for name, reader in READERS.items()}
    return st.sampled_from(sorted(READERS)).flatmap(lambda name: st.tuples(st.just(name), one[name]))


def _values(name):
    if name in _OWN:
        examples = st.sampled_from(READERS[_OWN[name]].examples)
        return st.one_of(examples, examples, hostile.changed(examples), _oddities())
    words = st.sampled_from(["auto", "draft", "cuda", "vgg", "tour", "axicli", "portrait", "leaky", "colour"])
    return st.one_of(st.integers(0, 300), st.floats(0, 5), words, _oddities())


def _oddities():
    return st.one_of(
        st.none(),
        st.booleans(),
        st.floats(),
        st.integers(),
        st.sampled_from([10**400, -(10**5000), b"a4", [], (), {}, 1j]),
        st.text(max_size=5),
        st.sampled_from(hostile.ODD_NUMBERS),
    )


@st.composite
def options(draw):
    """A command and options for it, most of them its own."""
    command = draw(st.sampled_from(sorted(SETTINGS)))
    names = draw(st.lists(st.sampled_from([*_OWN, *_OTHERS]), max_size=4, unique=True))
    own = SETTINGS[command]().options().keys() | {"pens", "margin"}
    return command, {name: draw(_values(name)) for name in names if name in own or draw(st.booleans())}
