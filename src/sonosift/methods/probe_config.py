"""Settings of a linear probe on a frozen backbone."""

from __future__ import annotations

from typing import Literal

from sonosift.methods.classifier_config import ClassifierConfig
from sonosift.methods.settings import ours


class ProbeConfig(ClassifierConfig):
    """One linear layer; stopped early, which keeps it simple."""

    finetune: Literal["full", "last-block", "head"] = ours("head", "the backbone of a probe is always frozen")
    learning_rate: float = ours(1e-2, "of Adam", gt=0)
    weight_decay: float = ours(1e-4, "of Adam", ge=0)
    batch_size: int = ours(256, "images per step", ge=1)
    steps: int | None = ours(500, "at most so many optimiser steps, in place of epochs", ge=1)
    steps_between_validations: int | None = ours(25, "steps from one validation to the next", ge=1)
    patience: int | None = ours(7, "stop after so many validations without a better F1; never when null", ge=1)
