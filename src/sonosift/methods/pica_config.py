"""Settings of deep clustering with PICA or its Dirichlet form LSD (Dadoun et al. 2023)."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, code, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class PicaConfig(MethodConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    backbone: str = paper("resnet18", "timm network")
    channels: Literal[1, 2, 3] = ours(
        1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients, as PICA's code has it"
    )
    scaling: Scaling = ours("imagenet", ABOUT_SCALING)
    image_size: int = ours(224, "pixels of a view", ge=16)
    clusters: int = ours(20, "number of groups K; the paper uses the number of label combinations", ge=2)
    balance: Literal["entropy", "dirichlet"] = paper(
        "entropy", "what keeps groups filled: entropy (PICA) or LSD's prior"
    )
    balance_weight: float = paper(2.0, "lambda, the weight of the balance", ge=0)
    alpha: float = ours(1.1, "concentration of the Dirichlet prior", gt=0)
    swapped_views: bool = code(False, "the strong view on the rows of the loss, as the paper prints it")
    over_clusters: int = ours(
        0, "groups of a second head that learns every other epoch; 0: none, PICA's published code has 70", ge=0
    )
    strong_view: str = code("pica", "augmentation preset of the strong view")
    repeats: int = ours(1, "strong views per image (the published code takes 3)", ge=1)
    exams_per_batch: int = paper(16, "exams whose images make a batch", ge=1)
    max_images_per_exam: int | None = ours(None, "at most so many images of an exam per batch", ge=1)
    learning_rate: float = paper(1e-4, "of Adam, fixed", gt=0)
    weight_decay: float = code(0.0, "of Adam", ge=0)
    epochs: int = paper(100, "passes over the exams; the last one counts", ge=1)
    steps: int | None = ours(None, "optimiser steps, in place of epochs", ge=1)
