import io
import pickle
import struct
import zipfile
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from checkpoints import save
from safetensors.torch import save_file

from plotopt.errors import PlotoptError
from plotopt.networks.weights import read_weights
from plotopt.networks.zoo import published_weights

STATE = {
    "a.weight": torch.arange(6.0).reshape(2, 3),
    "a.bias": torch.tensor([1.0, -2.0]),
    "b.weight": torch.ones(4),
    "a.num_batches_tracked": torch.tensor(7),
}
WANTED = {"a.weight": torch.Size([2, 3]), "a.bias": torch.Size([2])}


def assert_read(path, wanted=WANTED):
    found = read_weights("vgg16", wanted, path)
    assert set(found) == set(wanted)
    for name, value in found.items():
        assert value.dtype == torch.float32
        assert torch.equal(value, STATE[name])


def refusal(path, wanted=WANTED):
    with pytest.raises(PlotoptError) as caught:
        read_weights("vgg16", wanted, path)
    message = str(caught.value)
    assert "\n" not in message
    assert Path(path).name[:20] in message
    return message


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["w.pth", "w.pt", "w.safetensors", "W.SAFETENSORS"])
def test_both_kinds_of_file_in_any_precision(tmp_path, name, dtype):
    state = {key: value.to(dtype) for key, value in STATE.items()}
    path = tmp_path / name
    (save_file if name.lower().endswith("safetensors") else torch.save)(state, path)
    assert_read(path)


@pytest.mark.parametrize(
    "state",
    [
        {"state_dict": STATE, "epoch": 3},
        {"model": STATE},
        {f"module.{name}": value for name, value in STATE.items()},
        {"state_dict": {f"module.{name}": value for name, value in STATE.items()}},
        {"a.weight": STATE["a.weight"].T.contiguous().T, "a.bias": torch.nn.Parameter(STATE["a.bias"])},
    ],
)
def test_wrappings_of_training_scripts(tmp_path, state):
    assert_read(save(tmp_path / "w.pth", state))


def test_files_from_before_torch_wrote_zips(tmp_path):
    torch.save(STATE, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert_read(tmp_path / "old.pth")


def test_densenets_old_names(tmp_path):
    layer = "features.denseblock1.denselayer2"
    published = {f"{layer}.norm.1.bias": STATE["a.bias"], f"{layer}.conv.2.weight": STATE["a.weight"]}
    wanted = {f"{layer}.norm1.bias": torch.Size([2]), f"{layer}.conv2.weight": torch.Size([2, 3])}
    found = read_weights("densenet121", wanted, save(tmp_path / "w.pth", published))
    assert found.keys() == wanted.keys()


def test_what_is_read_does_not_hang_on_the_file(tmp_path):
    path = save(tmp_path / "w.pth", STATE)
    found = read_weights("vgg16", WANTED, path)
    path.write_bytes(b"\0" * path.stat().st_size)
    assert torch.equal(found["a.weight"], STATE["a.weight"])


def test_a_file_that_ends_early_or_has_gaps(tmp_path):
    path = save(tmp_path / "w.pth", {"a.weight": STATE["a.weight"]})
    assert_read(path, {"a.weight": WANTED["a.weight"]})
    assert "ends before a.bias: give a file of vgg16" in refusal(path)
    path = save(tmp_path / "w.pth", {"a.bias": STATE["a.bias"]})
    assert "lacks a.weight" in refusal(path)


def test_another_models_file(tmp_path):
    path = save(tmp_path / "w.pth", {"c": torch.ones(1)})
    assert "holds no weights of vgg16: it lacks a.weight" in refusal(path)
    path = save(tmp_path / "w.pth", STATE | {"a.bias": torch.ones(3)})
    assert "a.bias in" in refusal(path)
    assert "is 3, not 2" in refusal(path)
    path = save(tmp_path / "w.pth", STATE | {"a.weight": torch.ones(3, 2, 1)})
    assert "is 3x2x1, not 2x3" in refusal(path)


def test_a_tensor_that_claims_to_be_huge_is_not_unpacked(tmp_path):
    path = save(tmp_path / "w.pth", STATE | {"a.bias": torch.ones(1).expand(10**12)})
    assert "is 1000000000000, not 2" in refusal(path)


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_figures_must_be_finite(tmp_path, figure):
    assert "not finite" in refusal(save(tmp_path / "w.pth", STATE | {"a.bias": torch.tensor([0.0, figure])}))


class Command:
    def __reduce__(self):
        return Path.touch, (Path("was here"),)


def _bytes_of(state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def _bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data.pkl", bytes(10**7))
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"weights, honestly", id="text"),
        pytest.param(bytes(range(256)) * 9, id="noise"),
        pytest.param(_bytes_of(STATE)[:700], id="cut short"),
        pytest.param(_bytes_of(STATE)[700:], id="without a head"),
        pytest.param(_bytes_of([1, 2]), id="a list"),
        pytest.param(_bytes_of(torch.ones(3)), id="a bare tensor"),
        pytest.param(_bytes_of({1: torch.ones(3)}), id="numbered"),
        pytest.param(_bytes_of({"a.weight": torch.ones(2, 3).to_sparse()}), id="sparse"),
        pytest.param(pickle.dumps(Command()), id="code"),
        pytest.param(_bytes_of({"a.weight": Command()}), id="code in a zip"),
        pytest.param(_bomb(), id="bomb"),
        pytest.param(struct.pack("<Q", 2**63) + b"{", id="endless header"),
        pytest.param(struct.pack("<Q", 60) + b'{"a.weight":{"dtype":"F32","shape":[9,9],"data', id="torn"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_hostile_files(tmp_path, monkeypatch, name, data):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.write_bytes(data)
    refusal(path)
    assert not (tmp_path / "was here").exists()


def test_a_safetensors_file_cut_short(tmp_path):
    save_file(STATE, tmp_path / "w.safetensors")
    data = (tmp_path / "w.safetensors").read_bytes()
    (tmp_path / "w.safetensors").write_bytes(data[:-8])
    assert "damaged" in refusal(tmp_path / "w.safetensors")


@pytest.mark.parametrize("name", ["nothing.pth", ".", "/dev/null", "no/such/folder.safetensors"])
def test_no_file(tmp_path, name):
    assert "there is no weights file" in refusal(tmp_path / name)


def test_a_name_longer_than_any_file_has(tmp_path):
    assert "no readable weights file" in refusal(tmp_path / f"{'x' * 300}.pth")


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An empty cache and no net; the folder where torchvision keeps its files."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)

    def fail(*args, **options):
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    return tmp_path / "cache/hub/checkpoints"


def test_no_net_and_no_cache(offline, capsys):
    with pytest.raises(PlotoptError) as caught:
        read_weights("vgg16", WANTED)
    message = str(caught.value)
    assert published_weights("vgg16").url in message
    assert str(offline) in message
    assert "--weights FILE" in message
    assert "no route to host" in message
    assert "\n" not in message
    assert capsys.readouterr() == ("", "")


def test_no_net_but_a_cached_file(offline):
    offline.mkdir(parents=True)
    save(offline / published_weights("vgg16").url.rsplit("/", 1)[1], STATE)
    assert torch.equal(read_weights("vgg16", WANTED)["a.bias"], STATE["a.bias"])


@pytest.mark.parametrize("data", [b"", b"half", _bytes_of(STATE)[:900]])
def test_a_damaged_cache(offline, data):
    offline.mkdir(parents=True)
    (offline / published_weights("vgg16").url.rsplit("/", 1)[1]).write_bytes(data)
    with pytest.raises(PlotoptError, match="delete it, and it is fetched again"):
        read_weights("vgg16", WANTED)


def test_fetching_checks_the_hash_and_is_silent(offline, monkeypatch, capsys):
    asked = []

    def fetch(url, path, digits, progress):
        asked.append((url, digits, progress))
        torch.save(STATE, path)

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    read_weights("vgg16", WANTED)
    read_weights("vgg16", WANTED)
    url = published_weights("vgg16").url
    assert asked == [(url, url.rsplit("-", 1)[1].removesuffix(".pth"), False)]
    assert len(asked[0][1]) == 8
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "error", [RuntimeError("invalid hash value"), TimeoutError("timed out"), OSError(28, "full\ndisk")]
)
def test_a_fetch_that_fails_on_the_way(offline, monkeypatch, error):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(PlotoptError, match="cannot fetch the weights of vgg16") as caught:
        read_weights("vgg16", WANTED)
    assert "\n" not in str(caught.value)


def test_a_cache_that_cannot_be_written(offline):
    offline.parent.mkdir(parents=True)
    offline.touch()
    with pytest.raises(PlotoptError, match="cannot fetch"):
        read_weights("vgg16", WANTED)
