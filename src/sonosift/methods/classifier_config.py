"""Settings that all methods share that learn from labels."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class ClassifierConfig(MethodConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    backbone: str = paper("resnet18", "timm network")
    channels: Literal[1, 2, 3] = ours(1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients")
    scaling: Scaling = ours("imagenet", ABOUT_SCALING)
    image_size: int = ours(224, "pixels of a view", ge=16)
    finetune: Literal["full", "last-block", "head"] = paper(
        "full", "what learns: all weights; the last block and the head; the head alone, on a frozen backbone"
    )
    exams_per_batch: int = ours(16, "exams whose labelled images make a batch", ge=1)
    max_images_per_exam: int | None = ours(None, "at most so many images of an exam per batch", ge=1)
    imbalance: Literal["none", "weights", "focal"] = ours(
        "none", "weights: rare labels count more, by their numbers; focal: easy answers count less (gamma 2)"
    )
    ema: float = ours(0.0, "momentum of averaged weights that answer in place of the last ones; 0: none", ge=0, lt=1)
    learning_rate: float = paper(1e-4, "of the optimiser", gt=0)
    weight_decay: float = ours(0.0, "of the optimiser", ge=0)
    epochs: int = ours(100, "at most so many passes over the exams", ge=1)
    steps: int | None = ours(None, "at most so many optimiser steps, in place of epochs", ge=1)
    steps_between_validations: int | None = ours(
        None, "steps from one validation to the next; an epoch when null", ge=1
    )
    patience: int | None = ours(None, "stop after so many validations without a better F1; never when null", ge=1)
    least_validations: int = ours(0, "never stop before so many validations", ge=0)


class SemiSupervisedConfig(ClassifierConfig):
    """What methods share that learn from unlabelled images at the same time."""

    unlabelled_exams_per_batch: int = paper(16, "exams whose unlabelled images make the other half of a batch", ge=1)
    unlabelled_images: Literal["rest", "all"] = paper(
        "rest", "images used without labels: those of the training part that have none, or all of them"
    )
