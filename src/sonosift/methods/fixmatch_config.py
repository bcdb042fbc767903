"""Settings of FixMatch: one label per image, or Dadoun's two forms for several."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.classifier_config import SemiSupervisedConfig
from sonosift.methods.settings import code, ours, paper


class FixmatchConfig(SemiSupervisedConfig):
    """Defaults of Dadoun et al. (2023); ``fixmatch`` alone brings those of FixMatch's authors."""

    form: Literal["one-head", "two-head", "single-label"] = paper(
        "two-head",
        "two-head: a head of label combinations learns from the unlabelled images; one-head: the organs' own",
    )
    min_count: int = ours(5, "a label combination is a class when so many labelled images have it", ge=1)
    k: int | None = ours(None, "number of combinations instead, the most frequent ones", ge=2)
    threshold: float = code(0.95, "tau: an answer as sure as this is a pseudo-label", gt=0, le=1)
    unlabelled_weight: float = code(1.0, "lambda_u, the weight of the loss on unlabelled images", ge=0)
    optimizer: Literal["adam", "sgd"] = paper("adam", "adam, or sgd with Nesterov's momentum")
    schedule: Literal["constant", "cosine"] = paper("constant", "cosine: cos(7 pi / 16 of the way), after warming up")
    warm_steps: int = ours(0, "steps of warming up, for the cosine", ge=0)
    steps: int | None = paper(5000, "optimiser steps, in place of epochs", ge=1)
    steps_between_validations: int | None = ours(100, "steps from one validation to the next", ge=1)
