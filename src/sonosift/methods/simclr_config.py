"""Settings of SimCLR as FUSC runs it (Alasmawi et al.; recipe of its published configuration)."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class SimclrConfig(MethodConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    backbone: str = paper("resnet18", "timm network")
    channels: Literal[1, 2, 3] = ours(1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients")
    scaling: Scaling = ours("imagenet", ABOUT_SCALING)
    image_size: int = code(224, "pixels of a view", ge=16)
    view: str = code("fusc-simclr", "augmentation preset of both views")
    projection: int = code(128, "length of a projection", ge=1)
    temperature: float = code(0.1, "of the softmax over similarities", gt=0)
    symmetric: bool = ours(True, "both views are anchors; FUSC's published code takes the first only")
    batch_size: int = code(512, "images per batch", ge=2)
    optimizer: Literal["sgd", "adam"] = code("sgd", "gradient descent with momentum, or Adam")
    sgd_momentum: float = code(0.9, "of gradient descent", ge=0, lt=1)
    learning_rate: float = code(0.4, "highest rate", gt=0)
    schedule: Literal["cosine", "constant"] = code(
        "cosine", "cosine per epoch down to a thousandth of the rate (0.1^3)"
    )
    weight_decay: float = code(1e-4, "of the optimiser", ge=0)
    epochs: int = code(500, "passes over the frames; the last one counts", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)
