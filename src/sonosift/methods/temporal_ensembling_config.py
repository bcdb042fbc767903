"""Settings of temporal ensembling (Laine and Aila 2017)."""

from __future__ import annotations

from sonosift.methods.classifier_config import SemiSupervisedConfig
from sonosift.methods.settings import code, ours


class TemporalEnsemblingConfig(SemiSupervisedConfig):
    """An image must be answered as it was in the epochs before."""

    most_weight: float = code(30.0, "largest weight of the agreement, times the share of labelled images", ge=0)
    ramp_epochs: int = code(80, "epochs until the weight is largest", ge=1)
    momentum: float = code(0.6, "of the answers kept from epoch to epoch", ge=0, lt=1)
    epochs: int = code(300, "passes over the unlabelled exams", ge=1)
    steps_between_validations: int | None = ours(100, "steps from one validation to the next", ge=1)
