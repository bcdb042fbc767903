"""Settings of supervised multi-label fine-tuning (Dadoun et al. 2023, section 2.2.2)."""

from __future__ import annotations

from sonosift.methods.classifier_config import ClassifierConfig
from sonosift.methods.settings import ours, paper


class SupervisedConfig(ClassifierConfig):
    """Defaults at the paper's scale; see ``scale`` for a small machine."""

    train_view: str = ours("semantic", "augmentation preset of the training images")
    patience: int | None = paper(7, "stop after so many validations without a better F1; never when null", ge=1)
