"""How well groups agree with label sets, every figure with an interval that resamples patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from sonosift.evaluate import count_statistics as counted
from sonosift.evaluate.label_set_tables import name_of_set
from sonosift.evaluate.patient_bootstrap import Floats, centred_interval
from sonosift.evaluate.score_table import Figure

TOP = 3


class TopClasses(BaseModel):
    """One group: its size and its commonest label sets, as in FUSC's Table 4."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: int
    frames: int
    top: list[tuple[str, float]]


class GroupMetrics(BaseModel):
    """Everything that is said about groups where truth exists.

    Attributes:
        frames: labelled frames.
        patients: their patients.
        classes: label sets that occur.
        formed: groups asked for.
        filled: groups with a labelled frame.
        majority_share: purity of one single group, the floor.
        purity: share of frames with the commonest label set of their group; grows with the number of groups.
        nmi: normalised mutual information, mean of the entropies.
        ari: adjusted Rand index.
        hungarian: accuracy under the best one-to-one naming; groups left over count as wrong.
        top_three: one row per group, the purest first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: int
    patients: int
    classes: int
    formed: int
    filled: int
    majority_share: float
    purity: Figure
    nmi: Figure
    ari: Figure
    hungarian: Figure
    top_three: list[TopClasses]


def group_metrics(
    groups: NDArray[np.integer],
    truth: NDArray[np.integer],
    patients: Sequence[str],
    names: Sequence[str],
    *,
    formed: int | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> GroupMetrics:
    """Compare groups with label sets.

    Args:
        groups: ``[n]`` group of each labelled frame.
        truth: ``[n, C]`` of 0 and 1; each set of labels that occurs is one class.
        patients: the patient of each frame.
        names: the labels' names.
        formed: groups asked for; by default those that occur.
        draws: resamples of patients.
        seed: of the resamples.
    """
    people, owner = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    numbers, group_index = np.unique(groups, return_inverse=True)
    sets, set_index = np.unique(np.asarray(truth, dtype=np.uint8), axis=0, return_inverse=True)
    tables = np.zeros((len(people), len(numbers), len(sets)))
    np.add.at(tables, (owner, group_index, set_index.reshape(-1)), 1)
    whole = tables.sum(axis=0)
    statistics = (counted.purity, counted.normalised_mutual_information, adjusted_rand, one_to_one_accuracy)
    figures = [
        Figure.of(*map(float, centred_interval(tables, statistic, draws=draws, seed=seed))) for statistic in statistics
    ]
    written = [name_of_set(row, names) for row in sets]
    top = []
    for number, row in zip(numbers, whole, strict=True):
        order = [place for place in np.argsort(-row, kind="stable")[:TOP] if row[place]]
        shares = [(written[place], round(float(row[place] / row.sum()), 4)) for place in order]
        top.append(TopClasses(group=int(number), frames=int(row.sum()), top=shares))
    return GroupMetrics(
        frames=len(owner),
        patients=len(people),
        classes=len(sets),
        formed=max(formed or 0, len(numbers)),
        filled=len(numbers),
        majority_share=round(float(counted.majority_share(whole)), 6),
        purity=figures[0],
        nmi=figures[1],
        ari=figures[2],
        hungarian=figures[3],
        top_three=sorted(top, key=lambda row: -row.top[0][1]),
    )


def adjusted_rand(table: Floats) -> Floats:
    """Agreement over pairs of frames, corrected for chance, from ``[..., groups, classes]``."""

    def pairs(counts: Floats) -> Floats:
        return counts * (counts - 1) / 2

    together = pairs(table).sum(axis=(-1, -2))
    rows, columns = pairs(table.sum(axis=-1)).sum(axis=-1), pairs(table.sum(axis=-2)).sum(axis=-1)
    total = pairs(table.sum(axis=(-1, -2)))
    expected = rows * columns / np.maximum(total, 1e-12)
    most = (rows + columns) / 2
    # Both partitions trivial in the same way agree, by the convention of scikit-learn.
    with np.errstate(invalid="ignore", divide="ignore"):
        index = np.where(most == expected, 1.0, (together - expected) / (most - expected))
    return np.asarray(index, dtype=np.float64)


def one_to_one_accuracy(table: Floats) -> Floats:
    """Accuracy under the best one-to-one naming of groups by classes, from ``[..., groups, classes]``."""
    from scipy.optimize import linear_sum_assignment

    flat = table.reshape(-1, *table.shape[-2:])
    shares = np.empty(len(flat))
    for place, counts in enumerate(flat):
        rows, columns = linear_sum_assignment(counts, maximize=True)
        shares[place] = counts[rows, columns].sum() / max(counts.sum(), 1e-12)
    return shares.reshape(table.shape[:-2])
