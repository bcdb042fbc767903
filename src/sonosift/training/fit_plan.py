"""How long and how to train, and what a training answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sonosift.methods.method import Method
from sonosift.training.precision import Precision


@dataclass(frozen=True)
class FitPlan:
    """How long and how to train.

    Attributes:
        steps: optimiser steps, at most.
        seed: of every draw.
        precision: Lightning's name.
        log_every: steps between two lines of metrics.
        save_every_s: seconds between two saved states, at most; 0 saves every step.
        validate_every: steps between two validations.
        patience: stop after so many validations without a better score; None never stops.
        least_validations: never stop before so many.
        look_every: steps between two looks at the features with ``watch``, at least; 0 never looks.
        look_share: what looking may cost, as a share of what learning costs.
    """

    steps: int
    seed: int
    precision: Precision = "32-true"
    log_every: int = 10
    save_every_s: float = 45.0
    validate_every: int = 0
    patience: int | None = None
    least_validations: int = 0
    look_every: int = 0
    look_share: float = 0.05


class Score(NamedTuple):
    """What a validation found: the figure to maximise, and others worth a curve."""

    value: float
    figures: dict[str, float]


Validate = Callable[[Method], Score]


class Watch(NamedTuple):
    """Figures about a method that cost too much to compute at every line of metrics.

    Attributes:
        look: computes them.
        pixels: how many pixels the network sees in one look.
    """

    look: Callable[[Method], dict[str, float]]
    pixels: int


class FitResult(NamedTuple):
    """How a training went."""

    steps: int
    seconds: float
    images: int
    best_step: int | None
    best_score: float | None
    warnings: list[str]
