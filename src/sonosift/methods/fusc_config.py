"""Settings of FUSC's clustering step (Alasmawi et al.), the loss of SCAN."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class FuscConfig(MethodConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    backbone: str = paper("resnet18", "timm network; that of the run whose weights it begins with")
    channels: Literal[1, 2, 3] = ours(1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients")
    scaling: Scaling = ours("imagenet", ABOUT_SCALING)
    image_size: int = code(224, "pixels of a view", ge=16)
    clusters: int = paper(15, "number of groups K", ge=2)
    learns: Literal["network", "head", "features"] = code(
        "network",
        "network: the whole network, on augmented images; head: only the linear layer, on augmented images; features: "
        "only the linear layer, on stored features without augmentation, in seconds",
    )
    neighbours: int = paper(20, "nearest neighbours of an image that count as like it", ge=1)
    entropy_weight: float = paper(5.0, "lambda, the weight of equal groups", ge=0)
    selection_neighbours: int = code(5, "neighbours that choose the best step, without labels", ge=1)
    batch_size: int = code(128, "pairs per batch", ge=2)
    learning_rate: float = code(1e-4, "of Adam, fixed", gt=0)
    weight_decay: float = code(1e-4, "of Adam", ge=0)
    epochs: int = code(50, "passes over the frames", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)
