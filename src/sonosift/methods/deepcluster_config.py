"""Settings of DeepCluster (Caron et al. 2018) as the baseline of FUSC, where it goes by the name DeepMCAT."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class DeepclusterConfig(MethodConfig):
    """Defaults at the original scale; see ``scale`` for a small machine."""

    backbone: str = paper("vgg16_bn", "timm network")
    channels: Literal[1, 2, 3] = code(2, "2: Sobel gradients; 1: grey as it is; 3: grey repeated")
    scaling: Scaling = code("imagenet", ABOUT_SCALING)
    image_size: int = code(224, "pixels of a view", ge=16)
    view: str = code("deepcluster", "augmentation preset")
    clusters: int = paper(120, "groups: eight times the classes, or as many as classes", ge=2)
    components: int = code(256, "whitened principal components that are clustered", ge=1)
    iterations: int = code(20, "of k-means", ge=1)
    batch_size: int = code(256, "images per batch", ge=2)
    learning_rate: float = code(0.05, "of gradient descent, fixed", gt=0)
    top_spread: float = code(0.01, "spread of a fresh top layer's weights", gt=0)
    momentum: float = code(0.9, "of the network; the top layer has none", ge=0, lt=1)
    weight_decay: float = code(1e-5, "of the optimiser", ge=0)
    epochs: int = ours(200, "rounds of clustering; the last one counts", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)
