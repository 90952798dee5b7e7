"""Contact sheets of a network with random weights: what is drawn, and what is taken over from before."""

import json
import os
import struct

import numpy as np
import pytest
import torch
from checkpoints import save
from safetensors import safe_open
from safetensors.torch import save_file

from plotopt import contact_sheet
from plotopt.contact_sheet import neurons
from plotopt.errors import PlotoptError
from plotopt.lettering import letter
from plotopt.listening import Progress
from plotopt.networks import parse_neuron, parse_neurons
from plotopt.networks.network import WrongViewError
from plotopt.plot.chains import flatten
from plotopt.settings import read_neurons_settings
from plotopt.visualization.sheet import lay_out_sheet
from plotopt.visualization.shelf import Shelf

LAYER = "squeezenet1_1:features.3.squeeze"
TINY = {"size": 64, "crop": 53, "strokes": 2000, "paper": "a6", "pens": "black:0.5mm", "grid": "2x2"}


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    """What makes a sheet quick: a low layer of a small network, and small cells."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in {"features.0": (64, 3, 3, 3), "features.3.squeeze": (16, 64, 1, 1)}.items():
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) / shape[1] ** 0.5
        state[f"{name}.bias"] = torch.zeros(shape[0])
    return TINY | {"weights": save(tmp_path_factory.mktemp("weights") / "w.pth", state)}


@pytest.fixture(scope="module")
def finished(options, tmp_path_factory):
    """The folder of a finished sheet of two channels, and its SVG."""
    folder = tmp_path_factory.mktemp("finished")
    return folder / "s-channels", neurons(f"{LAYER}:3,7", folder / "s.svg", **options).svg()


@pytest.fixture
def shelf(finished, tmp_path):
    """A copy of the finished channels, to be spoilt."""
    (tmp_path / "s-channels").mkdir()
    for path in finished[0].iterdir():
        (tmp_path / "s-channels" / path.name).write_bytes(path.read_bytes())
    return tmp_path / "s-channels"


def drawn_again(shelf, subjects=f"{LAYER}:3,7", **options):
    """The sheet after another call, and how many channels it was that were drawn."""
    heard = []
    drawing = neurons(subjects, shelf.parent / "s.svg", on_progress=heard.append, **options)
    (name,) = {progress.stage for progress in heard if "channels at" in progress.stage} or {"0 to draw"}
    return drawing, int(name.split()[-3])


def shelf_of(folder, options):
    """The shelf that a sheet with these options takes channels from."""
    settings = read_neurons_settings(**options)
    side_mm = lay_out_sheet(settings, 2).side_mm
    return Shelf.beside(folder.parent / "s.svg", settings.of_cell(side_mm), side_mm)


def test_cells_hold_their_ink_and_labels_lie_below(options):
    drawing = neurons(f"{LAYER}:0-2", **options)
    sheet = lay_out_sheet(read_neurons_settings(**options), 3)
    (layer,) = drawing.layers
    lines = flatten(layer.chains, 0.01)
    boxes = [(lines[i].min(0) - 0.25, lines[i].max(0) + 0.25) for i in range(len(lines))]
    inked = dict.fromkeys(range(3), 0)
    for low, high in boxes:
        homes = [
            index
            for index in range(3)
            if (low >= (sheet.cell(index).left - 1e-6, sheet.cell(index).top - 1e-6)).all()
            and (high <= (sheet.cell(index).right + 1e-6, sheet.cell(index).bottom + 1e-6)).all()
        ]
        assert len(homes) <= 1
        if homes:
            inked[homes[0]] += 1
            continue
        # Whatever is not in a cell is a letter: in the title, or below its cell and above the next.
        titled = high[1] < sheet.cell(0).top
        labelled = any(
            sheet.cell(index).bottom < low[1] < sheet.cell(index).bottom + 2 * sheet.letter_mm
            and sheet.cell(index).left - 1e-6 <= low[0]
            and high[0] <= sheet.cell(index).right + 1e-6
            for index in range(3)
        )
        assert titled or labelled
        block = sheet.block
        assert block.left - 1e-6 <= low[0]
        assert high[0] <= block.right + 1e-6
        assert block.top - 1e-6 <= low[1]
        assert high[1] <= block.bottom + 1e-6
    assert min(inked.values()) >= 5


def test_a_channel_is_the_same_on_every_sheet_and_differs_from_others(options):
    few, many = neurons(f"{LAYER}:7", **options), neurons(f"{LAYER}:3,7", **options)

    def ink(drawing, index):
        cell = lay_out_sheet(read_neurons_settings(**options), 2).cell(index)
        corner = np.array([cell.left, cell.top])
        chains = [chain - corner for chain in drawing.layers[0].chains]
        inside = [chain for chain in chains if ((chain >= 0) & (chain <= cell.width)).all()]
        # In which order and direction they are drawn depends on the way across the sheet.
        ways = ([np.round(way, 6).tolist() for way in (chain, chain[::-1, ::-1])] for chain in inside)
        return sorted(map(min, ways))

    assert ink(few, 0) == ink(many, 1) != []
    assert ink(many, 0) != ink(many, 1)


def test_progress_counts_all_channels_as_one(options):
    heard = []
    neurons(f"{LAYER}:0-1", on_progress=heard.append, **options)
    steps = [progress for progress in heard if progress.stage == "channels at 64 px, 2 to draw"]
    assert [progress.step for progress in steps] == list(range(1, 241))
    assert {progress.steps for progress in steps} == {240}
    assert heard[-1] == Progress("planning the plot", 1, 1)


def test_pens_become_layers_and_the_darkest_one_writes(options):
    drawing = neurons(f"{LAYER}:3", **options | {"pens": "yellow:0.5mm,black:0.5mm"})
    sizes = {layer.pen.name: len(layer.chains) for layer in drawing.layers}
    assert set(sizes) <= {"yellow", "black"}
    assert sizes["black"] >= len(letter(LAYER, 0, 0, 1)) + len(letter("3", 0, 0, 1)) > 30
    assert any("yellow" in note or "#ffff00" in note for note in drawing.notes)


@pytest.mark.parametrize(("subject", "changed"), [("3@center", {}), ("3", {"copies": False})])
def test_the_middle_and_cells_without_copies_are_drawn(options, subject, changed):
    assert neurons(f"{LAYER}:{subject}", **options | changed).statistics.strokes > 35


def test_mixtures_are_labelled_and_need_no_command(options):
    drawing = neurons([parse_neuron(f"{LAYER}:3+-0.5*7"), parse_neuron(f"{LAYER}:3")], **options)
    assert drawing.metadata["neurons"] == [f"{LAYER}:3+-0.5*7", f"{LAYER}:3"]
    assert "command" not in drawing.metadata


def test_a_second_run_takes_all_over_and_needs_no_network(finished, shelf, options, monkeypatch):
    monkeypatch.setattr(contact_sheet, "load_eyes", None)
    drawing, drawn = drawn_again(shelf, **options)
    assert drawn == 0
    assert drawing.svg() == finished[1]
    assert drawing.notes == ("2 of 2 channels were done already",)


def test_the_sheet_is_the_same_without_files(finished, options):
    drawing = neurons(f"{LAYER}:3,7", **options)
    assert drawing.svg() == finished[1]
    assert drawing.notes == ()


def test_more_channels_go_on_from_those_there_are(shelf, options):
    drawing, drawn = drawn_again(shelf, f"{LAYER}:3,5,7", **options)
    assert drawn == 1
    assert drawing.notes == ("2 of 3 channels were done already",)
    assert len(list(shelf.iterdir())) == 3


def test_the_plotter_makes_no_difference_to_a_cell(shelf, options):
    drawing, drawn = drawn_again(shelf, **options | {"profile": "axidraw_v3_a3"})
    assert (drawn, drawing.profile.name) == (0, "axidraw_v3_a3")


@pytest.mark.parametrize(
    "changed",
    [{"seed": 1}, {"strokes": 4000}, {"evenness": 1.0}, {"pens": "red:0.5mm"}, {"paper": "a5"}, {"crop": 60}],
    ids=lambda changed: next(iter(changed)),
)
def test_other_options_draw_anew(shelf, options, changed):
    both = parse_neurons(f"{LAYER}:3,7")
    assert set(shelf_of(shelf, options).find_all(both)) == set(both)
    assert shelf_of(shelf, options | changed).find_all(both) == {}


def test_another_version_or_other_weights_draw_anew(shelf, options, monkeypatch, tmp_path):
    weights = tmp_path / "w.pth"
    weights.write_bytes(options["weights"].read_bytes())
    own = options | {"weights": weights}
    assert [drawn_again(shelf, f"{LAYER}:3", **own)[1] for _ in range(2)] == [1, 0]
    os.utime(weights, ns=(0, 0))
    assert drawn_again(shelf, f"{LAYER}:3", **own)[1] == 1
    monkeypatch.setattr("plotopt.visualization.shelf.__version__", "0.0.0")
    assert drawn_again(shelf, f"{LAYER}:3", **own)[1] == 1


def rewritten(path, change=lambda parts: parts, metadata=None):
    """The same file with other contents under the same metadata, or the same contents under other."""
    with safe_open(path, "pt") as file:
        parts = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        told = file.metadata()
    save_file(change(parts), path, told if metadata is None else metadata)


def replaced(name, change):
    return lambda path: rewritten(path, lambda parts: parts | {name: change(parts[name])})


def _huge_header(path):
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")


def _offsets_beyond(path):
    header = json.dumps({"points": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


SPOILT = {
    "empty": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-5]),
    "one more byte": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "a huge header": _huge_header,
    "offsets beyond the end": _offsets_beyond,
    "no metadata": lambda path: rewritten(path, metadata={}),
    "foreign metadata": lambda path: rewritten(path, metadata={"channel": "{}"}),
    "no strokes": lambda path: rewritten(path, lambda parts: {}),
    "one part less": lambda path: rewritten(path, lambda parts: {"points": parts["points"]}),
    "one part more": lambda path: rewritten(path, lambda parts: parts | {"more": torch.zeros(1)}),
    "points of one axis": replaced("points", lambda points: points[..., :1].contiguous()),
    "points without strokes": replaced("points", lambda points: points[0].contiguous()),
    "a single number": replaced("points", lambda points: torch.zeros(())),
    "too few points": replaced("points", lambda points: points[:, :3].contiguous()),
    "double precision": replaced("points", lambda points: points.double()),
    "not a number": replaced("points", lambda points: points * float("nan")),
    "infinite": replaced("points", lambda points: points * float("inf")),
    "far away": replaced("points", lambda points: points + 1e30),
    "fewer pens": replaced("pen", lambda pen: pen[:-1].contiguous()),
    "an unknown pen": replaced("pen", lambda pen: pen + 1),
    "a negative pen": replaced("pen", lambda pen: pen - 1),
    "infinite width": replaced("width_mm", lambda width: width / 0),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_file_is_no_drawing(shelf, options, spoil):
    kept = shelf_of(shelf, options)
    three, seven = parse_neurons(f"{LAYER}:3,7")
    assert set(kept.find_all([three, seven])) == {three, seven}
    spoil(next(shelf.glob("*-3.safetensors")))
    assert set(kept.find_all([three, seven])) == {seven}


def test_a_name_too_long_for_a_folder_is_refused(tmp_path, options):
    settings = read_neurons_settings(**options).of_cell(9.0)
    with pytest.raises(PlotoptError, match="the name is too long"):
        Shelf.beside(tmp_path / f"{'x' * 249}.svg", settings, 9.0)


def test_a_spoilt_file_is_drawn_anew(finished, shelf, options):
    (path,) = shelf.glob("*-3.safetensors")
    good = path.read_bytes()
    path.write_bytes(good[:100])
    drawing, drawn = drawn_again(shelf, **options)
    assert (drawn, drawing.svg()) == (1, finished[1])
    assert path.read_bytes() == good


def test_an_interruption_leaves_what_is_finished(options, tmp_path):
    def stop(progress):
        if "channels at" in progress.stage and progress.step == 121:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        neurons(f"{LAYER}:3,7", tmp_path / "s.svg", on_progress=stop, **options)
    assert [path.name for path in (tmp_path / "s-channels").iterdir()] == [
        "squeezenet1_1-features.3.squeeze-3.safetensors"
    ]


@pytest.mark.parametrize(
    ("error", "crops"), [(WrongViewError, [128, 224, 100, 224, 230]), (PlotoptError, [128, 100, 230])]
)
def test_a_network_that_takes_no_crop_of_a_cell_gets_its_own(monkeypatch, error, crops):
    asked = []

    def refuse(wanted, settings):
        asked.append(settings.crop)
        raise error("views of this size")

    monkeypatch.setattr(contact_sheet, "load_eyes", refuse)
    for given in ({}, {"size": 100}, {"size": 256, "crop": 230}):
        with pytest.raises(PlotoptError, match="views of this size"):
            neurons(f"{LAYER}:3", **given)
    assert asked == crops


@pytest.mark.parametrize(
    ("subjects", "fragment"),
    [
        ("", "not MODEL:LAYER:CHANNEL"),
        ([], "there are no neurons"),
        ("vgg16:conv3_3:5-3", "runs backwards"),
        ("vgg16:conv3_3:0-9999", "more than 4096 channels"),
        (f"{LAYER}:0-16", "there is no 16"),
        ("vgg:conv3_3:1", "the nearest are"),
        ([parse_neuron("vgg16:conv3_3:1"), parse_neuron("vgg16:conv3_2:1")], "is of another layer"),
    ],
)
def test_neurons_that_there_are_not_are_refused(subjects, fragment, tmp_path):
    with pytest.raises(PlotoptError) as caught:
        neurons(subjects, tmp_path / "s.svg")
    assert fragment in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_folder_s_place_is_refused_before_the_work(tmp_path, options):
    (tmp_path / "s-channels").write_text("mine")
    with pytest.raises(PlotoptError, match="is a file, not a folder"):
        neurons(f"{LAYER}:3", tmp_path / "s.svg", **options | {"weights": "missing.pth"})
