"""Where a drawing is computed: devices found or refused, and steps that stay where their strokes are."""

from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest
import test_activation
import test_perception
import torch
from checkpoints import save, vgg16_start
from commands import assert_refused, listing
from optimising import optimize
from pictures import gradient
from test_likeness import BLACK, FRAME, PEN, STAGE, blob, problem, scattered

import plotopt
from plotopt.canvas import Aim
from plotopt.colour.ink import Inks
from plotopt.colour.palette import Palette
from plotopt.devices import Devices, find_devices
from plotopt.errors import PlotoptError
from plotopt.losses.colour import ColourLoss
from plotopt.losses.pixel import PyramidLoss
from plotopt.networks import Network, load_network
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.problem import Problem
from plotopt.objectives.sparing import Sparing
from plotopt.pens import Pen
from plotopt.render import curves
from plotopt.settings import FitSettings, read_settings
from plotopt.settings.base import Device
from plotopt.stages import Stage
from plotopt.stocks import Stock
from plotopt.strokes import Strokes, chain_of
from plotopt.tones.target import Target

CPU, CUDA, MPS = map(torch.device, ("cpu", "cuda", "mps"))
TINY = {"quality": "draft", "strokes": 30, "size": 64}
PENS = (Pen("black", "#000000", 0.6), Pen("red", "#e01010", 0.6), Pen("gel", "#ffffff", 0.8, opaque=True))
KRAFT = Stock("kraft", "kraft", "#b8926a", 4.0)


@pytest.fixture
def machine(monkeypatch):
    """Pretends that these graphics cards, and Triton, are there or not."""

    def pretend(cuda=False, mps=False, triton=True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr("plotopt.devices.find_spec", lambda name: triton or None)

    return pretend


@pytest.mark.parametrize(
    ("wanted", "there", "drawing", "networks"),
    [
        (Device.CPU, {"cuda": True}, CPU, CPU),
        (Device.CUDA, {"cuda": True}, CUDA, CUDA),
        (Device.AUTO, {"cuda": True}, CUDA, CUDA),
        (Device.AUTO, {"cuda": True, "triton": False}, CPU, CPU),
        (Device.AUTO, {"mps": True}, CPU, CPU),
        (Device.AUTO, {}, CPU, CPU),
        (Device.MPS, {"mps": True}, CPU, MPS),
    ],
)
def test_devices_that_are_there_are_found(machine, wanted, there, drawing, networks):
    machine(**there)
    assert find_devices(wanted) == Devices(drawing, networks)


@pytest.mark.parametrize(
    ("wanted", "there", "fragments"),
    [
        (Device.CUDA, {}, ("device is cuda", "no CUDA", "use cpu")),
        (Device.CUDA, {"mps": True}, ("device is cuda", "no CUDA", "use cpu or mps")),
        (Device.CUDA, {"cuda": True, "triton": False}, ("device is cuda", "pip install triton", "use cpu")),
        (Device.MPS, {"cuda": True}, ("device is mps", "no Apple", "use cpu or cuda")),
    ],
)
def test_a_device_that_is_missing_is_told_in_one_line(machine, wanted, there, fragments):
    machine(**there)
    with pytest.raises(PlotoptError) as caught:
        find_devices(wanted)
    assert all(fragment in str(caught.value) for fragment in fragments)
    assert "\n" not in str(caught.value)


def test_a_device_is_read_and_told():
    assert read_settings(device="CUDA").device is Device.CUDA
    assert read_settings().options()["device"] == "cpu"
    assert "--device=mps" in FitSettings(device=Device.MPS).command("a.png")
    with pytest.raises(PlotoptError, match="use cpu, cuda, mps, auto"):
        read_settings(device="gpu")


@pytest.mark.parametrize("device", ["cuda", "auto"])
@pytest.mark.parametrize(
    ("other", "fragment"), [({"workers": 2}, "--workers 1"), ({"renderer": "diffvg"}, "diffvg needs")]
)
def test_what_a_graphics_card_does_not_go_with_is_refused(device, other, fragment):
    with pytest.raises(PlotoptError, match=fragment) as caught:
        read_settings(device=device, **other)
    assert "\n" not in str(caught.value)
    read_settings(device="mps", **other)


@pytest.mark.parametrize(
    ("verb", "subject"),
    [("fit", "a.png"), ("neuron", "vgg16:conv3_3:37"), ("neurons", "vgg16:conv3_3:0-3")],
)
def test_a_missing_device_is_refused_before_any_work(run, folder, machine, verb, subject):
    machine()
    before = listing(folder)
    # Nor are weights fetched that are not here.
    assert_refused(run(verb, subject, "--device=cuda"), folder, before, "device is cuda")


def test_a_fit_in_which_mps_has_nothing_to_do_says_so(machine):
    machine(mps=True)
    drawing = plotopt.fit(gradient(), device="mps", **TINY)
    (note,) = [note for note in drawing.notes if "mps" in note]
    assert "drawn on the CPU, mps had nothing to do" in note
    plain = plotopt.fit(gradient(), **TINY)
    assert [layer.strokes for layer in drawing.layers] == [layer.strokes for layer in plain.layers]
    assert not [note for note in plain.notes if "CPU" in note]


def test_notes_are_for_what_is_split():
    assert Devices(CPU, CPU).notes(network=True) == Devices(CUDA, CUDA).notes(network=True) == ()
    assert "only the network ran on mps" in Devices(CPU, MPS).notes(network=True)[0]


def test_light_goes_to_the_networks_device_and_activations_come_back():
    came = []

    def module(views):
        came.append((views.device, views.shape))
        return {"only": torch.ones(2, 5, 4, 4)}

    @dataclass
    class Only:
        name: str = "only"
        channel_axis: int = 1

    one = torch.ones(3, 1, 1, device="meta")
    (features,) = Network("made-up", (Only(),), module, one, one)(torch.rand(2, 1, 8, 8))
    assert came == [(torch.device("meta"), (2, 3, 8, 8))]
    assert features.device == CPU


@contextmanager
def nowhere():
    """What is made without a word about its device goes where it cannot be used with anything else."""
    with torch.device("meta"):
        yield


pytestmark = pytest.mark.usefixtures("uncompiled")


def assert_same_strokes(one, other):
    for name in ("points", "width_mm", "opacity", "pen"):
        assert torch.equal(getattr(one, name), getattr(other, name))
    assert (one.leaning is None) == (other.leaning is None)


def coloured():
    """A problem for three pens on brown paper, with strokes of the wrong pens."""
    rows = torch.linspace(0.1, 0.9, 64)
    pixels = torch.stack([rows.expand(64, 64), 0.3 * rows[:, None].expand(64, 64), torch.full((64, 64), 0.2)])
    inks = Inks.of_pens(PENS, 3, KRAFT)
    target = Target(pixels, FRAME, tuple(inks.paper.tolist()))
    strokes = Strokes.of_pens(scattered(30).points, torch.arange(30) % 3, PENS)
    return Problem(target, PENS, inks, ColourLoss()), strokes


def stay_on_their_device(begin):
    """Whether a stage does the same with and without a word about devices."""
    losses = ([], [])
    strokes, objective, stage = begin()
    expected = optimize(strokes, objective, stage, lambda number, loss: losses[0].append(loss))
    strokes, objective, stage = begin()
    with nowhere():
        found = optimize(strokes, objective, stage, lambda number, loss: losses[1].append(loss))
    assert losses[0] == losses[1]
    assert not torch.equal(found.points, strokes.points)
    assert_same_strokes(found, expected)


@pytest.mark.parametrize("control_points", [4, 6])
@pytest.mark.parametrize("tile_px", [32, 512])
def test_steps_and_moves_of_one_pen(control_points, tile_px):
    stage = replace(STAGE, steps=6, relocations=2, smoothness=0.1, tile_px=tile_px)
    stay_on_their_device(
        lambda: (
            scattered(40, control_points),
            Likeness(problem(blob()), stage, np.random.default_rng(0)),
            stage,
        )
    )


def test_steps_and_changes_of_several_pens():
    stage = replace(STAGE, steps=6, relocations=2, smoothness=0.1)

    def begin():
        task, strokes = coloured()
        return strokes, Likeness(task, stage, np.random.default_rng(0)), stage

    stay_on_their_device(begin)
    assert not torch.equal(optimize(*begin()).pen, coloured()[1].pen)


def test_steps_that_spare_the_paper():
    stage = replace(STAGE, steps=3)
    heard = []

    def begin():
        sparing = Sparing(Likeness(problem(blob()), stage, np.random.default_rng(0)), FRAME, 0.2)
        heard.append(sparing)
        return scattered(40), sparing, stage

    stay_on_their_device(begin)
    assert heard[0]._soaks


@pytest.mark.parametrize("aim", list(Aim))
def test_steps_towards_an_activation(aim):
    pens, stage = (test_activation.BLACK, test_activation.RED), replace(test_activation.STAGE, steps=3)
    shapes = torch.randn(4, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    likes = test_activation.liking(
        lambda light: [torch.conv2d(light.mean(1, keepdim=True), shapes, stride=2)],
        units=(2.0, 4.0),
        channels=(0, 3),
        weights=(1.0, -0.5),
        center=aim is Aim.CENTER,
    )
    costs = test_activation.Restraint(2.0, ink=1.0, overlap=30.0, evenness=10.0, length=1.0)
    scene = test_activation.scene_of(test_activation.canvas(aim), pens)
    stay_on_their_device(
        lambda: (
            test_activation.strokes_on(count=15, pens=pens),
            test_activation.activation(scene, pens, stage, costs, likes),
            stage,
        )
    )


def test_a_palette_decides_on_the_device():
    palette = Palette(PENS)
    strokes = test_activation.strokes_on(count=9, pens=PENS)
    expected = palette.decided(strokes)
    with nowhere():
        assert_same_strokes(palette.decided(strokes), expected)


@pytest.fixture(scope="module")
def vgg(tmp_path_factory):
    path = save(tmp_path_factory.mktemp("vgg") / "vgg16.pth", vgg16_start())
    return load_network("vgg16", ["relu1_2", "relu2_2"], weights=path)


def test_steps_towards_what_a_network_perceives(vgg):
    stage = Stage("test", 128, 2, (1.0, 0.1), (1.5, 1.0))
    style = [torch.eye(count) for count in vgg.channels]
    taste = test_perception.taste((0.3, 0.7, 1.0), network=vgg, light=PyramidLoss(), style=style)
    stay_on_their_device(
        lambda: (test_perception.drawn(), test_perception.perception(taste, stage=stage), stage)
    )


@pytest.mark.parametrize("control_points", [4, 6])
def test_curves_are_flattened_on_their_device(control_points):
    """By the definition: the CPU has kernels for it."""
    chains = chain_of(scattered(5, control_points).points)
    pieces = curves.pieces_of(chains, 0.05)
    starts = curves.polylines(chains, 0.05)[1]
    expected = curves.vertices(chains, pieces, starts)
    with nowhere():
        assert torch.equal(curves.vertices(chains, pieces, starts), expected)


def test_a_problem_moves_as_a_whole():
    task, strokes = coloured()
    moved = task.to("meta")
    assert {moved.target.pixels.device, moved.inks.device, moved.loss.mixes.to_lab.device} == {
        torch.device("meta")
    }
    assert moved.inks.bare.device == strokes.to("meta").points.device == torch.device("meta")
    plain = Problem(problem(blob()).target, (PEN,), BLACK, PyramidLoss()).to("meta")
    assert plain.inks.bare.device == torch.device("meta")
