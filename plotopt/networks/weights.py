"""Trained weights, from torchvision's cache, from the net, or from the user's own file."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlparse

import torch
from safetensors import safe_open
from torch import Tensor

from plotopt.errors import PlotoptError
from plotopt.files import quoted
from plotopt.networks.zoo import published_weights

# torchvision publishes DenseNet under names from before torch forbade dots within a module's name.
_OLD_DENSENET = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.(?=[12]\.)")


def read_weights(model: str, wanted: Mapping[str, torch.Size], file: Path | None = None) -> dict[str, Tensor]:
    """The parameters named in ``wanted``, of the shapes given there, as float32 on the CPU.

    Without ``file`` they are torchvision's best, see :func:`fetch_weights`. A ``file`` is a .pth, .pt or
    .safetensors with torchvision's names; it may hold more, or end early as long as all of ``wanted`` is
    there.

    Raises PlotoptError if the weights cannot be fetched or read, if one is missing, of another shape or not
    finite.
    """
    path = file or fetch_weights(model)
    mend = f"give a whole copy of {model}'s weights" if file else "delete it, and it is fetched again"
    with _explained(path, mend):
        if not path.is_file():
            raise PlotoptError(f"there is no weights file {quoted(path)}: {mend}")
        if path.suffix.lower() == ".safetensors":
            found = _read_safetensors(path, wanted)
        else:
            found = _read_pickle(path, wanted)
    _check_complete(found, wanted, f"the weights file {quoted(path)}", model)
    return found


def fetch_weights(model: str, *, bar: bool = False) -> Path:
    """The file of the best published weights in torchvision's cache, fetched and checked by hash if need be.

    ``bar`` shows torch's own progress bar on standard error. Raises PlotoptError, with what to put where,
    when they cannot be fetched.
    """
    url = published_weights(model).url
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / Path(urlparse(url).path).name
    if path.exists():
        return path
    digits = torch.hub.HASH_REGEX.search(path.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), digits and digits[1], progress=bar)
    # A wrong hash is a RuntimeError.
    except (OSError, HTTPException, RuntimeError) as error:
        reason = " ".join(str(getattr(error, "reason", None) or error).split())
        raise PlotoptError(
            f"cannot fetch the weights of {model} ({reason:.100}): put {url} into {folder}, "
            "or name a copy with --weights FILE"
        ) from error
    return path


@contextmanager
def _explained(path: Path, mend: str) -> Iterator[None]:
    """Turn whatever a file of unknown bytes can cause into one line."""
    try:
        yield
    except PlotoptError:
        raise
    # Damaged pickles raise nearly anything, from KeyError to MemoryError.
    except Exception as error:
        raise PlotoptError(f"{quoted(path)} is no readable weights file, or damaged: {mend}") from error


def _read_safetensors(path: Path, wanted: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    with safe_open(path, framework="pt", device="cpu") as file:
        names = {_torchvision_name(key): key for key in file.keys()}  # noqa: SIM118
        return {
            name: _settle(name, file.get_tensor(names[name]), shape, path)
            for name, shape in wanted.items()
            if name in names
        }


def _read_pickle(path: Path, wanted: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    zipped = zipfile.is_zipfile(path)
    if zipped:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size:
                raise PlotoptError(f"{quoted(path)} unpacks to more than itself: torch saves no such files")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Mapped into memory, so that a large file costs no more than the part that is wanted.
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    for key in ("state_dict", "model"):
        state = state[key] if isinstance(state.get(key), Mapping) else state
    tensors = {_torchvision_name(name): value for name, value in state.items() if isinstance(value, Tensor)}
    return {
        name: _settle(name, tensors[name], shape, path) for name, shape in wanted.items() if name in tensors
    }


def _torchvision_name(key: str) -> str:
    return _OLD_DENSENET.sub(r"\1", key.removeprefix("module."))


def _settle(name: str, value: Tensor, shape: torch.Size, path: Path) -> Tensor:
    """A copy in float32 that no longer hangs on the file."""
    if value.shape != shape:
        raise PlotoptError(
            f"{name} in {quoted(path)} is {_times(value.shape)}, not {_times(shape)}: "
            "give the weights of this model"
        )
    value = value.to(torch.float32, copy=True)
    if not value.isfinite().all():
        raise PlotoptError(f"{name} in {quoted(path)} holds figures that are not finite: give another copy")
    return value


def _check_complete(
    found: Mapping[str, Tensor], wanted: Mapping[str, torch.Size], label: str, model: str
) -> None:
    missing = [name for name in wanted if name not in found]
    if not missing:
        return
    if not found:
        raise PlotoptError(f"{label} holds no weights of {model}: it lacks {missing[0]} and all others")
    cut_short = missing == list(wanted)[-len(missing) :]
    raise PlotoptError(
        f"{label} {'ends before' if cut_short else 'lacks'} {missing[0]}: "
        f"give a file of {model} that has it, or choose a lower layer"
    )


def _times(shape: torch.Size) -> str:
    return "x".join(map(str, shape)) or "a single number"
