"""Settings of MoCo v2 (Chen et al. 2020), the baseline of USCL."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class MocoConfig(MethodConfig):
    """Defaults at the original scale, but for the queue; see ``scale`` for a small machine."""

    backbone: str = ours("resnet18", "timm network; ResNet-50 in the original")
    channels: Literal[1, 2, 3] = ours(1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients")
    scaling: Scaling = code("imagenet", ABOUT_SCALING)
    image_size: int = code(224, "pixels of a view", ge=16)
    view: str = code("moco-v2", "augmentation preset of both views")
    projection: int = code(128, "length of a projection", ge=1)
    queue: int = ours(
        4096,
        "earlier keys, in whole batches and at most half the training set; 65,536 in the original",
        ge=1,
    )
    momentum: float = code(0.999, "of the key network", ge=0, le=1)
    temperature: float = code(0.2, "of the softmax over similarities", gt=0)
    batch_size: int = code(256, "images per batch", ge=2)
    sgd_momentum: float = code(0.9, "of gradient descent", ge=0, lt=1)
    learning_rate: float = code(0.03, "highest rate, falling along a cosine to 0", gt=0)
    weight_decay: float = code(1e-4, "of the optimiser", ge=0)
    epochs: int = code(200, "passes over the frames; the last one counts", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)
