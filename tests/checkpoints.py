"""Weights for tests: random ones in files, and the real ones where this machine has them."""

import os
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import get_model

_FOLDER = os.environ.get("PLOTOPT_TEST_WEIGHTS")
VGG16 = Path(_FOLDER or ".") / "vgg16_conv1_1-conv4_3.fp16.safetensors"
ALEXNET = Path(_FOLDER or ".") / "alexnet_features.fp16.safetensors"

real_weights = pytest.mark.skipif(
    not (VGG16.is_file() and ALEXNET.is_file()),
    reason="left out: the real VGG16 and AlexNet, as PLOTOPT_TEST_WEIGHTS names no folder that has them",
)


def random_model(name, **options):
    """A whole torchvision model, the same at every call, with running figures unlike a fresh one's."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = get_model(name, **options).eval()
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_(0, 0.1)
                part.running_var.uniform_(0.5, 1.5)
    return model


def save(path, state):
    torch.save(state, path)
    return path


def vgg16_start(bias=0.0):
    """Random weights of VGG16 up to conv3_3, as torchvision names them."""
    channels = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128)}
    channels |= {10: (128, 256), 12: (256, 256), 14: (256, 256)}
    generator = torch.Generator().manual_seed(0)
    state = {}
    for place, (before, after) in channels.items():
        spread = (2 / (9 * before)) ** 0.5
        state[f"features.{place}.weight"] = spread * torch.randn(after, before, 3, 3, generator=generator)
        state[f"features.{place}.bias"] = torch.full((after,), bias)
    return state
