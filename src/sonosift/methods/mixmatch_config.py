"""Settings of MixMatch (Berthelot et al. 2019)."""

from __future__ import annotations

from sonosift.methods.classifier_config import SemiSupervisedConfig
from sonosift.methods.settings import code, ours


class MixmatchConfig(SemiSupervisedConfig):
    """Guessed labels, and everything mixed with everything."""

    guesses: int = code(2, "K: views whose mean answer is an image's guessed label", ge=1)
    temperature: float = code(0.5, "of sharpening the guess", gt=0)
    mixing: float = code(0.75, "of the beta distribution that says how much is mixed in", gt=0)
    unlabelled_weight: float = code(75.0, "of the loss on unlabelled images at the end; it rises in a line", ge=0)
    steps: int | None = ours(5000, "optimiser steps, in place of epochs", ge=1)
    steps_between_validations: int | None = ours(100, "steps from one validation to the next", ge=1)
