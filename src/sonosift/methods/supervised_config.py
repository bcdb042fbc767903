"""Settings of supervised multi-label fine-tuning (Dadoun et al. 2023, section 2.2.2)."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.settings import MethodConfig, ours, paper
from sonosift.nets.scaling import ABOUT_SCALING, Scaling


class SupervisedConfig(MethodConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    backbone: str = paper("resnet18", "timm network")
    channels: Literal[1, 2, 3] = ours(1, "1: grey as it is; 3: grey repeated; 2: Sobel gradients")
    scaling: Scaling = ours("imagenet", ABOUT_SCALING)
    image_size: int = ours(224, "pixels of a view", ge=16)
    finetune: Literal["full", "head"] = paper("full", "full: all weights learn; head: the backbone stays as it is")
    train_view: str = ours("semantic", "augmentation preset of the training images")
    exams_per_batch: int = ours(16, "exams whose labelled images make a batch", ge=1)
    max_images_per_exam: int | None = ours(None, "at most so many images of an exam per batch", ge=1)
    learning_rate: float = paper(1e-4, "of Adam, fixed", gt=0)
    weight_decay: float = ours(0.0, "of Adam", ge=0)
    epochs: int = ours(100, "at most so many passes over the labelled exams", ge=1)
    steps: int | None = ours(None, "at most so many optimiser steps, in place of epochs", ge=1)
    steps_between_validations: int | None = ours(
        None, "steps from one validation to the next; an epoch when null", ge=1
    )
    patience: int = paper(7, "stop after so many validations without a better F1", ge=1)
    least_validations: int = ours(0, "never stop before so many validations", ge=0)
