"""Tables of label sets: against groups (purity, NMI) and against answers (confusion)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate import count_statistics as counted
from sonosift.evaluate.patient_bootstrap import centred_interval
from sonosift.evaluate.protocol import Kind, LabelledFrames
from sonosift.evaluate.resampling import Resampling
from sonosift.evaluate.score_table import Confusion, Figure, GroupQuality

THE_REST = "all others"


def group_quality(
    name: str, kind: Kind, groups: NDArray[np.int64], formed: int, test: LabelledFrames, resampling: Resampling
) -> GroupQuality:
    """Purity and NMI of the groups of the test frames against their label sets, intervals over patients.

    ``formed`` is how many groups there are in all: purity may only be compared at equal numbers.
    """
    people, patient_index = np.unique(np.asarray(test.patients, dtype=str), return_inverse=True)
    found, group_index = np.unique(groups, return_inverse=True)
    label_sets, set_index = np.unique(test.truth, axis=0, return_inverse=True)
    tables = np.zeros((len(people), len(found), len(label_sets)))
    np.add.at(tables, (patient_index, group_index, set_index.reshape(-1)), 1)
    draws, seed = resampling.draws, resampling.seed
    purity = centred_interval(tables, counted.purity, draws=draws, seed=seed)
    nmi = centred_interval(tables, counted.normalised_mutual_information, draws=draws, seed=seed)
    return GroupQuality(
        name=name,
        kind=kind,
        groups=formed,
        purity=Figure.of(*map(float, purity)),
        majority_share=Figure.of(float(counted.majority_share(tables.sum(axis=0)))).value,
        nmi=Figure.of(*map(float, nmi)),
    )


def label_set_confusion(
    truth: NDArray[np.uint8], answers: NDArray[np.uint8], names: Sequence[str], keep: int = 8
) -> Confusion:
    """Count true against answered label sets; the ``keep`` commonest true sets by name, the rest as one.

    >>> table = label_set_confusion(np.eye(2, dtype=np.uint8), np.eye(2, dtype=np.uint8), ["liver", "kidney"])
    >>> table.label_sets, table.counts
    (['kidney', 'liver', 'all others'], [[1, 0, 0], [0, 1, 0], [0, 0, 0]])
    """
    sets, counts = np.unique(truth, axis=0, return_counts=True)
    commonest = sets[np.argsort(-counts, kind="stable")[:keep]]
    place = {tuple(row): index for index, row in enumerate(commonest.tolist())}
    rest = len(commonest)
    table = np.zeros((rest + 1, rest + 1), dtype=np.int64)
    for true, said in zip(truth.tolist(), answers.tolist(), strict=True):
        table[place.get(tuple(true), rest), place.get(tuple(said), rest)] += 1
    return Confusion(label_sets=[*(name_of_set(row, names) for row in commonest), THE_REST], counts=table.tolist())


def name_of_set(row: NDArray[np.uint8], names: Sequence[str]) -> str:
    """Write a label row as text.

    >>> name_of_set(np.array([1, 0, 1], dtype=np.uint8), ["liver", "spleen", "kidney"])
    'liver + kidney'
    """
    return " + ".join(name for name, there in zip(names, row, strict=True) if there) or "none"
