"""Settings of the pi model (Laine and Aila 2017)."""

from __future__ import annotations

from sonosift.methods.classifier_config import SemiSupervisedConfig
from sonosift.methods.settings import code, ours


class PiConfig(SemiSupervisedConfig):
    """Two passes over the same image must agree."""

    most_weight: float = code(100.0, "largest weight of the agreement, times the share of labelled images", ge=0)
    ramp_epochs: int = code(80, "epochs until the weight is largest", ge=1)
    epochs: int = code(300, "passes over the unlabelled exams", ge=1)
    steps_between_validations: int | None = ours(100, "steps from one validation to the next", ge=1)
