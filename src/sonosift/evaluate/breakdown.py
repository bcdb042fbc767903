"""The same answers looked at apart: by machine, by transducer, and over whole exams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate import count_statistics as counted
from sonosift.evaluate.patient_bootstrap import sum_by_patient
from sonosift.evaluate.resampling import Resampling, figure_of, interval
from sonosift.evaluate.score_table import ExamClassScore, ExamScores, SubgroupScore


def by_subgroup(
    marks: NDArray[np.uint8], subgroup_of: Sequence[str], patients: Sequence[str], resampling: Resampling
) -> list[SubgroupScore]:
    """Judge the frames of each subgroup alone.

    Args:
        marks: ``[n, classes, 3]`` hits, false alarms and misses.
        subgroup_of: ``[n]`` names.
        patients: ``[n]``.
        resampling: draws and seed; the patients of the subgroup alone are drawn.
    """
    subgroups, people = np.asarray(subgroup_of, dtype=str), np.asarray(patients, dtype=str)
    rows = []
    for name in sorted(set(subgroup_of)):
        here = subgroups == name
        counts = sum_by_patient(marks[here], people[here].tolist())
        figure = figure_of(interval(counts, counted.weighted_f1, resampling))
        rows.append(SubgroupScore(name=name, frames=int(here.sum()), patients=len(counts), weighted_f1=figure))
    return rows


def by_exam(
    truth: NDArray[np.uint8],
    answers: NDArray[np.uint8],
    exams: Sequence[str],
    patients: Sequence[str],
    names: Sequence[str],
    resampling: Resampling,
) -> ExamScores:
    """Judge whole exams: a label is there, or answered, when any frame of the exam says so."""
    found, first, place = np.unique(np.asarray(exams, dtype=str), return_index=True, return_inverse=True)
    true = np.zeros((len(found), truth.shape[1]), dtype=np.uint8)
    said = np.zeros_like(true)
    np.maximum.at(true, place, truth)
    np.maximum.at(said, place, answers)
    owners = [patients[index] for index in first]
    counts = sum_by_patient(counted.answer_counts(true, said), owners)
    figures = [interval(counts, figure, resampling) for figure in (counted.precision, counted.recall, counted.f1)]
    classes = [
        ExamClassScore(
            name=name,
            support=int(true[:, column].sum()),
            precision=figure_of(figures[0], column),
            recall=figure_of(figures[1], column),
            f1=figure_of(figures[2], column),
        )
        for column, name in enumerate(names)
    ]
    weighted = figure_of(interval(counts, counted.weighted_f1, resampling))
    return ExamScores(exams=len(found), classes=classes, weighted_f1=weighted)
