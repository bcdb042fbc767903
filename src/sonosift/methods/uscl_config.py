"""Settings of USCL (Chen et al. 2021). Where the published code differs from the paper, both can be chosen."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class UsclConfig(MethodConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    backbone: str = paper("resnet18", "timm network")
    channels: Literal[1, 2, 3] = ours(1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients")
    scaling: Scaling = code("half", ABOUT_SCALING)
    image_size: int = paper(224, "pixels of a view", ge=16)
    view: str = code("uscl", "augmentation preset of both views (uscl-rotated adds the paper's rotation)")
    clips_per_batch: int = paper(32, "clips whose pairs make a batch", ge=2)
    frames_per_second: float | None = paper(
        3.0,
        "frames of a clip that are drawn from; what was ingested at a lower rate is taken whole, null takes all",
        gt=0,
    )
    chronological: bool = paper(True, "the two ends lie before and after the middle; the code draws any order")
    mixing: float = paper(0.5, "both parameters of the beta distribution of the mixing share", gt=0)
    shared_mixing: bool = paper(False, "one share for both views, as in the code; the paper draws two")
    mix_after_augment: bool = paper(False, "augment first and mix then, as in the code")
    projection: int = code(256, "length of a projection", ge=1)
    projection_bias: bool = code(True, "the projection's layers have a bias; the paper's formula has none")
    temperature: float = paper(0.5, "of the softmax over similarities", gt=0)
    label_weight: float = paper(0.2, "lambda, the weight of the label term; 0 leaves labels out", ge=0)
    label_rate: float = ours(1.0, "share of the labelled clips whose label is used", ge=0, le=1)
    classifier_sees: Literal["features", "projection"] = paper("features", "what the classifier reads")
    label_views: Literal["mean", "sum"] = paper("mean", "half of both views' label terms, or their sum (the code)")
    label_normaliser: Literal["labelled", "all"] = code("labelled", "divide by the labelled rows, or by all (paper)")
    passes: Literal[1, 2] = paper(
        1, "1: both views together, once; 2: each by itself, once for the labels and once for the contrast (the code)"
    )
    learning_rate: float = paper(3e-4, "of Adam", gt=0)
    schedule: Literal["cosine", "constant"] = code("cosine", "constant for 11 epochs, then along a cosine of 300")
    weight_decay: float = paper(1e-4, "of Adam", ge=0)
    keep: Literal["last", "best"] = code("best", "best: the step with the lowest contrast on validation clips")
    epochs: int = paper(300, "passes over the clips", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)
