"""Run files: all that goes in comes out, and nothing that is not right is believed."""

import json
import struct
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.adam import Adam
from plotopt.carrying import Carried
from plotopt.errors import PlotoptError
from plotopt.joints import Joints
from plotopt.journal import Attempt, Moment
from plotopt.page import Rect
from plotopt.runs.film import Film, frame_of
from plotopt.runs.keeper import Keeper, alone
from plotopt.runs.packing import FORMAT, packed, unpacked
from plotopt.runs.record import Finish, Order, Record
from plotopt.runs.storage import read_run, write_run
from plotopt.stepping import Standing
from plotopt.strokes import Strokes

ORDER = Order("fit", "a.png", {"strokes": 3, "seed": 7}, "0.1.0", b"\x89PNG", {"mask": "ab"})

# What a moment tells besides its stage.
REST = {"steps": 1, "attempts": [], "failed": [0, 0, 0], "notes": []}


def strokes(count=6, joined=True, leaning=False):
    rng = np.random.default_rng(count)
    points = torch.from_numpy(rng.uniform(0, 100, (count, 6, 2))).float()
    made = Strokes.of_pen(points, 0.4)
    if leaning:
        made = replace(made, leaning=torch.rand(count, 2))
    return replace(made, joints=Joints.along([2, count - 2], [1, 3])) if joined else made


def adam(values):
    return Adam(torch.rand_like(values), torch.rand_like(values), torch.ones(len(values), 1, 1))


def moment(**options):
    drawn = strokes(**options)
    leaning = None if drawn.leaning is None else adam(drawn.leaning[..., None])
    standing = Standing(drawn, adam(drawn.points), leaning, 42)
    attempts = (Attempt(1.0, 0.93, strokes(4), ("a note",), True),)
    memory = {"shift": torch.zeros(17, dtype=torch.float64)}
    return Moment(1, standing, memory, attempts, (3, 0, 2), ("a note",))


def record():
    carried = Carried(strokes(5), Rect(10.0, 20.0, 110.0, 95.0))
    frames = (frame_of(strokes(), "tiles", 3, 0.5), frame_of(strokes(4), "tiles", 9, float("nan")))
    return Record(ORDER, moment(leaning=True), Finish(strokes(3, False), ("done",)), frames, carried)


def assert_same(one, other):
    """Everything that both hold, down to each bit."""
    (tensors, figures), (others, told) = packed(one), packed(other)
    assert figures == told
    assert tensors.keys() == others.keys()
    assert all(torch.equal(tensors[name], others[name]) for name in tensors)


def test_all_that_is_written_is_read(tmp_path):
    whole = record()
    write_run(tmp_path / "a.plotopt", whole)
    assert_same(read_run(tmp_path / "a.plotopt"), whole)


@pytest.mark.parametrize(
    "name", ["Screenshot 1.00.00\u202fPM.png", "a\u00a0b.png", "\u3000.jpg", "\U0001f469\u200d\U0001f3a8.png"]
)
def test_a_picture_may_have_any_name_that_can_be_shown(tmp_path, name):
    whole = record()
    write_run(tmp_path / "a.plotopt", replace(whole, order=replace(whole.order, subject=name)))
    assert read_run(tmp_path / "a.plotopt").order.subject == name


@pytest.mark.parametrize("part", ["moment", "finish", "carried"])
def test_a_record_may_lack_its_parts(tmp_path, part):
    lacking = replace(record(), **{part: None}, frames=())
    write_run(tmp_path / "a.plotopt", lacking)
    assert_same(read_run(tmp_path / "a.plotopt"), lacking)


def test_a_file_holds_no_pickle(tmp_path):
    write_run(tmp_path / "a.plotopt", record())
    data = (tmp_path / "a.plotopt").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    assert json.loads(data[8 : 8 + length])["moment.points"]["dtype"] == "F32"


def damaged(change):
    """A file's bytes with some of its tensors or figures changed."""
    tensors, figures = packed(record())
    change(tensors, figures)
    return safetensors.torch.save(tensors, {"plotopt": json.dumps(figures)})


def put(name, value):
    return lambda tensors, figures: tensors.update({name: value})


def tell(name, value):
    return lambda tensors, figures: figures.update({name: value})


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (tell("format", FORMAT + 1), "from a newer plotopt (0.1.0): install that one"),
        (tell("format", None), "tells no version"),
        (tell("format", True), "tells no version"),
        (tell("options", []), "options cannot be right"),
        (tell("subject", 7), "subject cannot be right"),
        (tell("frames", [["tiles", 1]]), "frames cannot be right"),
        (tell("frames", [["tiles\x1b[2J", 1, 0.5, 0.05]]), "frames cannot be right"),
        (tell("frames", [["tiles", 1, 0.5, 0.0]]), "frames cannot be right"),
        (tell("finish", {"notes": ["done\x1b[2J"]}), "notes cannot be right"),
        (tell("carried", [0, 0, 0, 0]), "carried cannot be right"),
        (tell("carried", [0, 0, 10**400, 1]), "right cannot be right"),
        (tell("subject", "a\ud800.png"), "subject cannot be right"),
        (tell("subject", "a\x1b[2J.png"), "subject cannot be right"),
        (tell("moment", {"stage": 0} | REST | {"failed": [0, 0]}), "failed cannot be right"),
        (tell("moment", 3), "moment cannot be right"),
        (tell("moment", {"stage": -1} | REST), "stage cannot be right"),
        (tell("moment", {"stage": 0} | REST | {"attempts": [{}]}), "aim cannot be right"),
        (put("moment.points", torch.zeros(6, 6, 3)), "moment.points has the wrong kind or shape"),
        (put("moment.points", torch.full((6, 6, 2), float("nan"))), "holds what is no number"),
        (put("moment.points", torch.full((6, 6, 2), 1e9)), "moment.points cannot be right"),
        (put("moment.width_mm", torch.zeros(6)), "moment.width_mm cannot be right"),
        (put("moment.opacity", torch.ones(6)), "moment.opacity cannot be right"),
        (put("moment.pen", torch.full((6,), 99)), "moment.pen cannot be right"),
        (put("moment.pairs", torch.tensor([[0, 9]])), "moment.pairs cannot be right"),
        (put("moment.pairs", torch.tensor([[0, 1], [1, 0]])), "moment.pairs cannot be right"),
        (put("moment.adam.square", -torch.ones(6, 6, 2)), "moment.adam cannot be right"),
        (put("frame.0.pen", torch.zeros(2, dtype=torch.uint8)), "frame.0.pen has the wrong kind or shape"),
        (lambda tensors, figures: tensors.pop("finish.points"), "finish.points is missing"),
    ],
)
def test_what_is_not_right_is_told(tmp_path, change, fragment):
    (tmp_path / "a.plotopt").write_bytes(damaged(change))
    with pytest.raises(PlotoptError, match="cannot be used: ") as refusal:
        read_run(tmp_path / "a.plotopt")
    assert fragment in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "fragment"),
    [
        (b"", "is no run file"),
        (b"plotopt", "is no run file"),
        (b"\x89PNG\r\n\x1a\n" * 9, "is no run file"),
        (struct.pack("<Q", 2**62) + b"{}", "is no run file"),
        (struct.pack("<Q", 10**6) + b"{}", "is cut short"),
        (struct.pack("<Q", 4) + b"{{{{", "is damaged"),
        (struct.pack("<Q", 2) + b"{}", "is no run file"),
        (safetensors.torch.save({"a": torch.zeros(2)}), "is no run file"),
        (safetensors.torch.save({"a": torch.zeros(2)}, {"plotopt": "[" * 9000}), "is no run file"),
        (safetensors.torch.save({"a": torch.zeros(2)}, {"plotopt": "[]"}), "is no run file"),
    ],
)
def test_foreign_files_are_refused(tmp_path, data, fragment):
    (tmp_path / "a.plotopt").write_bytes(data)
    with pytest.raises(PlotoptError) as refusal:
        read_run(tmp_path / "a.plotopt")
    assert fragment in str(refusal.value)


@settings(max_examples=60)
@given(st.data())
def test_any_cut_or_changed_byte_is_survived(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "mutated.plotopt"
    whole = bytearray(damaged(lambda tensors, figures: None))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else whole)
    with suppress(PlotoptError):
        read_run(path)


def test_missing_files_and_folders_are_told(tmp_path):
    for path, fragment in ((tmp_path / "no.plotopt", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(PlotoptError, match=fragment):
            read_run(path)


def test_a_figure_that_claims_much_allocates_nothing(tmp_path):
    tensors, figures = packed(record())
    figures["frames"] = [["tiles", 1, 0.5, 0.05]] * 9_999
    (tmp_path / "a.plotopt").write_bytes(safetensors.torch.save(tensors, {"plotopt": json.dumps(figures)}))
    with pytest.raises(PlotoptError, match=r"frame\.2\.points is missing"):
        read_run(tmp_path / "a.plotopt")


def test_unpacking_nothing_is_refused():
    with pytest.raises(PlotoptError):
        unpacked({}, {"format": 1})


def test_a_keeper_keeps_every_half_minute_and_tells_of_a_full_disk(tmp_path, monkeypatch):
    now = [0.0]
    keeper = Keeper(tmp_path / "a.plotopt", clock=lambda: now[0])
    keeper.begin(Record(ORDER))
    assert not keeper.is_due()
    now[0] = 30.0
    assert keeper.is_due()
    keeper.keep(moment())
    assert not keeper.is_due()
    assert read_run(tmp_path / "a.plotopt").moment.standing.steps == 42

    def full(*arguments, **options):
        raise PlotoptError("the disk is full")

    before = (tmp_path / "a.plotopt").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("plotopt.runs.keeper.write_run", full)
        keeper.finish(strokes(), ())
    assert keeper.notes == ["the run could not be kept: the disk is full"]
    assert (tmp_path / "a.plotopt").read_bytes() == before
    keeper.finish(strokes(), ())
    assert keeper.notes == []


def test_two_runs_do_not_write_one_file(tmp_path):
    taken = pytest.raises(PlotoptError, match="another run is writing")
    with alone(tmp_path / "a.plotopt"), alone(tmp_path / "b.plotopt"), taken, alone(tmp_path / "a.plotopt"):
        pass
    with alone(tmp_path / "a.plotopt"):
        pass


def test_a_frame_of_a_large_page_keeps_its_places():
    large = strokes()
    large = large.with_points(large.points * 40 + 4000)
    frame = frame_of(large, "tiles", 1, 0.5)
    torch.testing.assert_close(frame.points * frame.unit_mm, large.points, atol=frame.unit_mm, rtol=0)
    assert frame.unit_mm < 0.3


def test_frames_of_before_are_read_in_the_unit_of_then():
    tensors, figures = packed(record())
    figures["frames"] = [frame[:3] for frame in figures["frames"]]
    assert [frame.unit_mm for frame in unpacked(tensors, figures).frames] == [0.05, 0.05]


def test_what_would_not_be_read_again_is_not_written():
    whole = record()
    memory = dict(whole.moment.memory) | {"mood": torch.zeros(1)}
    with pytest.raises(ValueError, match="mood"):
        packed(replace(whole, moment=replace(whole.moment, memory=memory)))


def test_a_film_passes_over_what_hardly_differs_and_stays_small():
    film, drawn = Film(), strokes()
    still = Standing.at_start(drawn)
    film.see("tiles", still)
    film.see("tiles", still)
    assert len(film.frames) == 1
    for number in range(1, 400):
        film.see("tiles", replace(still, strokes=drawn.with_points(drawn.points + number), steps=number))
    assert 60 <= len(film.frames) <= 120
    assert film.frames[0].step == 0
    steps = [frame.step for frame in film.frames]
    assert steps == sorted(steps)
    torch.testing.assert_close(film.frames[0].points * 0.05, drawn.points, atol=0.026, rtol=0)
