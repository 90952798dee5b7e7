"""torchvision's classification models, built as their published weights want them."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import torch
import torchvision.models
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torchvision.models import WeightsEnum, get_model, get_model_weights

from plotopt.errors import PlotoptError


def list_models() -> list[str]:
    """The names of torchvision's classification models, in alphabetical order."""
    return torchvision.models.list_models(module=torchvision.models)


def published_weights(model: str) -> WeightsEnum:
    """The best weights that torchvision publishes for a model.

    Raises PlotoptError for a model that torchvision does not have.
    """
    if model not in list_models():
        near = get_close_matches(model[:60].lower(), list_models(), n=4)
        hint = f"the nearest are {', '.join(near)}" if near else "use one such as vgg16, resnet50 or vit_b_16"
        raise PlotoptError(f"torchvision has no classification model {model!r:.60}: {hint}")
    return get_model_weights(model).DEFAULT


def crop_size_px(model: str) -> int:
    """The size of view that the published weights were measured with."""
    return published_weights(model).transforms().crop_size[0]


def normalisation(model: str) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of sRGB in [0, 1] that the model expects, each of shape (3, 1, 1)."""
    transforms = published_weights(model).transforms()
    return torch.tensor(transforms.mean)[:, None, None], torch.tensor(transforms.std)[:, None, None]


def build_model(model: str) -> nn.Module:
    """The model in eval mode with its weights left out: they are on the ``meta`` device and take no memory.

    Buffers and a few small parameters that the constructors compute are real, but not the trained ones.

    Raises PlotoptError as :func:`published_weights` does.
    """
    options = _options(model)
    # Swin draws its small tables from the global generator, which is not ours to move.
    with torch.random.fork_rng(devices=[]), _WithoutWeights():
        return get_model(model, **options).eval()


def _options(model: str) -> dict[str, Any]:
    """What torchvision's builders set themselves when they are given the published weights."""
    weights = published_weights(model)
    if model in ("googlenet", "inception_v3"):
        return {"transform_input": True, "init_weights": False}
    if model.startswith("vit_"):
        return {"image_size": weights.meta["min_size"][0]}
    return {}


class _WithoutWeights(TorchFunctionMode):
    """Makes uninitialised tensors, as layers ask for their weights, without memory.

    A plain ``torch.device("meta")`` would take RegNet's and Swin's computed figures away as well.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.empty and kwargs.get("device") is None:
            kwargs = {**kwargs, "device": "meta"}
        return func(*args, **kwargs)
