"""Settings of FUSC's last step, learning from one's own confident answers."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class SelfLabellingConfig(MethodConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    backbone: str = paper("resnet18", "timm network; that of the run whose groups it begins with")
    channels: Literal[1, 2, 3] = ours(1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients")
    scaling: Scaling = ours("imagenet", ABOUT_SCALING)
    image_size: int = code(224, "pixels of a view", ge=16)
    clusters: int = paper(15, "number of groups K; that of the run whose groups it begins with", ge=2)
    threshold: float = paper(0.99, "an answer counts when its probability is above this", ge=0, lt=1)
    class_balancing: bool = code(True, "rare groups weigh as much as common ones; false: the paper's text")
    on_collapse: Literal["keep", "report"] = ours(
        "keep",
        "keep: when groups have emptied, those of before stand; report: the collapsed ones stand, as in the paper",
    )
    batch_size: int = code(1000, "images per batch", ge=2)
    learning_rate: float = code(1e-4, "of Adam, fixed", gt=0)
    weight_decay: float = code(1e-4, "of Adam", ge=0)
    epochs: int = code(200, "passes over the frames; the last one counts", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)
