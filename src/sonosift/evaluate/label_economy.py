"""What an expert's actions buy: naming groups, labelling random frames, labelling what the network is least sure of.

Played with labels that exist already. One action is one group named, after a look at its most typical frames, or one
frame labelled. All three ways are judged on the same test frames by support-weighted F1, answers at one half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from sonosift.evaluate.linear_probe import probe_scores
from sonosift.machine import progress
from sonosift.metrics.f1 import class_scores

FILE_NAME = "label_economy.json"
NAMING, RANDOM, UNSURE = "naming groups", "labelling random frames", "labelling the least certain"
SHEET = 16
"""Frames on the contact sheet that a group is named from."""
_FIRST = 5
_POINTS = (1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450, 700, 1000, 1500, 2500, 4000)


class EconomyPoint(BaseModel):
    """Weighted F1 after some actions: mean over the seeds, with the lowest and highest of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actions: int
    weighted_f1: float
    lowest: float
    highest: float


class LabelEconomy(BaseModel):
    """One curve per way of working."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    curves: dict[str, list[EconomyPoint]]
    pool: int
    test: int
    seeds: int

    def table(self) -> str:
        """Return the curves as text, a row per number of actions."""
        numbers = sorted({point.actions for curve in self.curves.values() for point in curve})
        values = {name: {point.actions: point.weighted_f1 for point in curve} for name, curve in self.curves.items()}
        lines = [f"{'actions':>8}" + "".join(f"{name:>28}" for name in self.curves)]
        for number in numbers:
            cells = [f"{values[name][number]:.3f}" if number in values[name] else "" for name in self.curves]
            lines.append(f"{number:>8}" + "".join(f"{cell:>28}" for cell in cells))
        return "\n".join(lines)


@dataclass(frozen=True)
class EconomyFrames:
    """Frames with what is known of them; only the pool may be labelled.

    Attributes:
        features: ``[n, d]``.
        groups: ``[n]``.
        confidence: ``[n]``, how typical for its group.
        truth: ``[n, C]``.
    """

    features: NDArray[np.floating[Any]]
    groups: NDArray[np.integer[Any]]
    confidence: NDArray[np.floating[Any]]
    truth: NDArray[np.uint8]


def label_economy(pool: EconomyFrames, test: EconomyFrames, *, most: int | None = None, seeds: int = 3) -> LabelEconomy:
    """Play the three ways.

    Args:
        pool: frames of training patients whose labels the expert would give.
        test: frames of other patients.
        most: actions at most; by default all frames of the pool.
        seeds: repetitions of the two ways that begin by chance.
    """
    limit = min(most or len(pool.truth), len(pool.truth))
    points = [point for point in _POINTS if _FIRST <= point <= limit]
    curves = {NAMING: _naming(pool, test)}
    ways: Sequence[tuple[str, Callable[..., Any]]] = ((RANDOM, _random_order), (UNSURE, _unsure_order))
    for name, order_of in ways:
        runs = []
        for seed in progress.track(range(seeds), name, unit="seeds"):
            order = order_of(pool, points, np.random.default_rng(seed))
            runs.append([_probe_f1(pool, test, order[:point]) for point in points])
        curves[name] = [
            EconomyPoint(actions=point, weighted_f1=float(np.mean(found)), lowest=min(found), highest=max(found))
            for point, found in zip(points, zip(*runs, strict=True), strict=True)
        ]
    return LabelEconomy(curves=curves, pool=len(pool.truth), test=len(test.truth), seeds=seeds)


def _naming(pool: EconomyFrames, test: EconomyFrames) -> list[EconomyPoint]:
    """Name the largest group first; frames of groups without a name get no label at all."""
    numbers, sizes = np.unique(pool.groups[pool.groups >= 0], return_counts=True)
    ordered = numbers[np.argsort(-sizes, kind="stable")]
    answers = np.zeros_like(test.truth)
    found = []
    for actions, number in enumerate(ordered, start=1):
        answers[test.groups == number] = name_of_group(pool, int(number))
        value = class_scores(test.truth, answers).weighted_f1
        if actions in _POINTS or actions == len(ordered):
            found.append(EconomyPoint(actions=actions, weighted_f1=value, lowest=value, highest=value))
    return found


def name_of_group(pool: EconomyFrames, number: int) -> NDArray[np.uint8]:
    """Return the label set that is commonest on the group's contact sheet: its most typical frames."""
    members = np.flatnonzero(pool.groups == number)
    sheet = members[np.argsort(-pool.confidence[members], kind="stable")[:SHEET]]
    sets, counts = np.unique(pool.truth[sheet], axis=0, return_counts=True)
    name: NDArray[np.uint8] = sets[counts.argmax()]
    return name


def _random_order(pool: EconomyFrames, points: Sequence[int], draws: np.random.Generator) -> NDArray[np.int64]:  # noqa: ARG001
    return draws.permutation(len(pool.truth))


def _unsure_order(pool: EconomyFrames, points: Sequence[int], draws: np.random.Generator) -> NDArray[np.int64]:
    """Begin by chance; then, at every point, add the frames whose least certain label lies nearest to one half."""
    chosen = draws.permutation(len(pool.truth))[: points[0]] if points else np.empty(0, dtype=np.int64)
    for point in points[1:]:
        (scores,) = probe_scores(pool.features[chosen], pool.truth[chosen], pool.features)
        doubt = -np.abs(scores - 0.5).min(axis=1)
        doubt[chosen] = -np.inf
        more = np.argsort(-doubt, kind="stable")[: point - len(chosen)]
        chosen = np.concatenate([chosen, more])
    order: NDArray[np.int64] = chosen
    return order


def _probe_f1(pool: EconomyFrames, test: EconomyFrames, chosen: NDArray[np.int64]) -> float:
    (scores,) = probe_scores(pool.features[chosen], pool.truth[chosen], test.features)
    return class_scores(test.truth, (scores >= 0.5).astype(np.uint8)).weighted_f1
