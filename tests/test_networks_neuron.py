import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plotopt.errors import PlotoptError
from plotopt.networks import Neuron, check_channels, parse_neuron, parse_neurons


@pytest.mark.parametrize(
    ("text", "neuron", "canonical"),
    [
        ("vgg16:conv3_3:37", Neuron("vgg16", "conv3_3", (37,), (1.0,)), None),
        ("vgg16:conv3_3:37+0.5*12", Neuron("vgg16", "conv3_3", (37, 12), (1.0, 0.5)), None),
        ("vgg16:conv3_3:37+-0.5*12", Neuron("vgg16", "conv3_3", (37, 12), (1.0, -0.5)), None),
        ("vgg16:conv3_3:37@center", Neuron("vgg16", "conv3_3", (37,), (1.0,), center=True), None),
        ("vgg16:conv3_3:2*0+3*1@center", Neuron("vgg16", "conv3_3", (0, 1), (2.0, 3.0), center=True), None),
        ("resnet50:layer3.1.conv2:7", Neuron("resnet50", "layer3.1.conv2", (7,), (1.0,)), None),
        (
            " vgg16:conv3_3: 1.0*037 + 1e+2 * 5\n",
            Neuron("vgg16", "conv3_3", (37, 5), (1, 100)),
            "vgg16:conv3_3:37+100*5",
        ),
        ("m:l:2.0*1+-1*2", Neuron("m", "l", (1, 2), (2, -1)), "m:l:2*1+-1*2"),
    ],
)
def test_spellings(text, neuron, canonical):
    assert parse_neuron(text) == neuron
    assert neuron.text == (canonical or text)


names = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True)
numbers = st.floats(0.001, 1000) | st.floats(-1000, -0.001)


@given(
    names,
    st.from_regex(r"[A-Za-z0-9_.]{1,12}", fullmatch=True),
    st.dictionaries(st.integers(0, 9999), numbers, min_size=1, max_size=64),
    st.booleans(),
)
def test_the_canonical_text_reads_back_to_the_last_bit(model, layer, terms, center):
    neuron = Neuron(model, layer, tuple(terms), tuple(terms.values()), center)
    assert parse_neuron(neuron.text) == neuron


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "is not MODEL:LAYER:CHANNEL"),
        ("vgg16", "vgg16:conv3_3:37"),
        ("vgg16:conv3_3", "is not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:", "is not MODEL:LAYER:CHANNEL"),
        (":conv3_3:1", "is not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:1:2", "is not MODEL:LAYER:CHANNEL"),
        ("vgg 16:conv3_3:1", "is not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:1@centre", "is not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:1@center@center", "is not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3\n:1", "is not MODEL:LAYER:CHANNEL"),
        ("vgg16:кот:1", "is not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:x", "'x' in"),
        ("vgg16:conv3_3:-1", "'-1' in"),
        ("vgg16:conv3_3:1.5", "is not a channel"),
        ("vgg16:conv3_3:1+", "'' in"),
        ("vgg16:conv3_3:1++2", "'' in"),
        ("vgg16:conv3_3:+1", "'' in"),
        ("vgg16:conv3_3:0.5x1", "is not a channel"),
        ("vgg16:conv3_3:٣", "is not a channel"),
        ("vgg16:conv3_3:" + "9" * 10000, "is not a channel"),
        ("vgg16:conv3_3:0*1", "the weight 0"),
        ("vgg16:conv3_3:1e999*1", "0.001 to 1000"),
        ("vgg16:conv3_3:1e-999*1", "0.001 to 1000"),
        ("vgg16:conv3_3:" + "9" * 5000 + "*1", "0.001 to 1000"),
        ("vgg16:conv3_3:nan*1", "is not a channel"),
        ("vgg16:conv3_3:inf*1", "is not a channel"),
        ("vgg16:conv3_3:1+2+1", "channel 1 twice"),
        ("vgg16:conv3_3:7+007", "channel 7 twice"),
        ("vgg16:conv3_3:" + "+".join(map(str, range(65))), "names 65 channels"),
        ("vgg16:conv3_3:0-63", "'0-63' in"),
    ],
)
def test_what_is_no_neuron_is_refused_in_one_line(text, part):
    with pytest.raises(PlotoptError) as caught:
        parse_neuron(text)
    message = str(caught.value)
    assert part in message
    assert "\n" not in message
    assert len(message) < 300


@given(st.text())
def test_any_text_is_read_or_refused(text):
    for parse, spelt in ((parse_neuron, text), (parse_neuron, f"a:b:{text}"), (parse_neurons, f"a:b:{text}")):
        try:
            parse(spelt)
        except PlotoptError as error:
            assert "\n" not in str(error)  # noqa: PT017


def test_ranges_become_one_neuron_each():
    sheet = parse_neurons("vgg16:conv3_3:0-2,12, 40 - 41")
    assert [neuron.text for neuron in sheet] == [f"vgg16:conv3_3:{i}" for i in (0, 1, 2, 12, 40, 41)]
    assert parse_neurons("vgg16:conv3_3:5") == (parse_neuron("vgg16:conv3_3:5"),)
    assert [neuron.channels for neuron in parse_neurons("a:b:9,0-1")] == [(9,), (0,), (1,)]
    assert parse_neurons("a:b:3@center") == (parse_neuron("a:b:3@center"),)
    assert len(parse_neurons("a:b:0-4095")) == 4096


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("vgg16:conv3_3", "vgg16:conv3_3:0-63"),
        ("a:b:0-4096", "more than 4096"),
        ("a:b:0-999999999", "more than 4096"),
        ("a:b:0-4095,5000", "more than 4096"),
        ("a:b:7-3", "write 3-7"),
        ("a:b:7\n-3", r"'7\\n-3' runs backwards: write 3-7"),
        ("a:b:1,2,1", "channel 1 twice"),
        ("a:b:0-3,2", "channel 2 twice"),
        ("a:b:1,,2", "'' in"),
        ("a:b:1-", "'1-' in"),
        ("a:b:0.5*3", "is not a channel or a range"),
    ],
)
def test_what_is_no_sheet_is_refused(text, part):
    with pytest.raises(PlotoptError, match=part):
        parse_neurons(text)


def test_channels_beyond_the_layer():
    check_channels(parse_neuron("vgg16:conv3_3:0+255"), 256)
    with pytest.raises(PlotoptError) as caught:
        check_channels(parse_neuron("vgg16:conv3_3:1+300"), 256)
    assert str(caught.value) == "conv3_3 of vgg16 has 256 channels, 0 to 255: there is no 300"


def test_reading_a_neuron_needs_no_torch():
    program = (
        "import sys; from plotopt.networks import parse_neuron; parse_neuron('a:b:1'); "
        "assert not {'torch', 'torchvision'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
