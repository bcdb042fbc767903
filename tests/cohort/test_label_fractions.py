from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.label_fractions import label_fraction
from sonosift.errors import SonosiftError

exam_of_each_frame = st.lists(st.integers(0, 12), min_size=1, max_size=80)


@given(exams=exam_of_each_frame, seed=st.integers(0, 9), small=st.floats(0.01, 1), large=st.floats(0.01, 1))
def test_whole_exams_nested_and_just_enough(exams: list[int], seed: int, small: float, large: float) -> None:
    small, large = sorted((small, large))
    frame_ids = [f"f{index}" for index in range(len(exams))]
    names = [f"e{exam}" for exam in exams]
    few, many = (label_fraction(frame_ids, names, fraction, seed) for fraction in (small, large))
    assert set(few) <= set(many)
    for chosen, fraction in ((few, small), (many, large)):
        chosen_exams = {names[int(frame[1:])] for frame in chosen}
        assert chosen == [frame for frame, exam in zip(frame_ids, names, strict=True) if exam in chosen_exams]
        assert len(chosen) >= fraction * len(exams) - 1e-6
        # Some exam is needed: without it the rest would be too few.
        sizes = [names.count(exam) for exam in chosen_exams]
        assert len(chosen) - max(sizes) < fraction * len(exams)


@given(exams=exam_of_each_frame, seed=st.integers(0, 9))
def test_all_of_it(exams: list[int], seed: int) -> None:
    frame_ids = [f"f{index}" for index in range(len(exams))]
    assert label_fraction(frame_ids, list(map(str, exams)), 1.0, seed) == frame_ids


def test_seeds_draw_other_exams() -> None:
    frame_ids = [str(index) for index in range(100)]
    drawn = {tuple(label_fraction(frame_ids, frame_ids, 0.1, seed)) for seed in range(20)}
    assert len(drawn) == 20
    assert {len(chosen) for chosen in drawn} == {10}


def test_no_frame_too_many_from_rounding() -> None:
    frame_ids = [str(index) for index in range(30)]
    assert len(label_fraction(frame_ids, frame_ids, 0.1, 0)) == 3


@pytest.mark.parametrize("fraction", [0, -0.1, 10, float("nan")])
def test_bad_fraction(fraction: float) -> None:
    with pytest.raises(SonosiftError, match="label fraction"):
        label_fraction(["a"], ["b"], fraction, 0)


def test_through_the_cohort(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(60)
    chosen = cohort.splits.label_fraction(cohort.frames.frame_ids, 0.2, seed=3)
    exams = set(cohort.catalog().filter(cohort.catalog()["frame_id"].is_in(chosen))["exam"])
    assert len(chosen) == 12
    assert len(exams) == 2
    with pytest.raises(SonosiftError, match="not in this cohort"):
        cohort.splits.label_fraction(["x"], 0.2)
