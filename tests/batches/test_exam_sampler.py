import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonosift.batches.exam_sampler import ExamSampler
from sonosift.errors import SonosiftError


def archive(seed, exams):
    draw = np.random.default_rng(seed)
    names = [f"exam{e}" for e in range(exams) for _ in range(draw.integers(1, 9))]
    return [names[i] for i in draw.permutation(len(names))]


@given(st.integers(0, 999), st.integers(1, 40), st.integers(1, 16))
@settings(max_examples=50, deadline=None)
def test_an_epoch_shows_whole_exams_at_most_once(seed, exams, per_batch):
    names = np.array(archive(seed, exams))
    sampler = ExamSampler(names, exams_per_batch=per_batch, seed=seed)
    seen = []
    for step in range(sampler.steps_per_epoch):
        rows = sampler.rows(step)
        inside = set(names[rows])
        assert len(inside) == min(per_batch, exams)
        assert sorted(rows) == sorted(np.flatnonzero(np.isin(names, list(inside))))  # every image of each exam, once
        seen += sorted(inside)
    assert len(seen) == len(set(seen))
    assert exams - len(seen) < min(per_batch, exams)  # only an incomplete last batch is dropped


def test_any_step_can_be_asked_first_and_epochs_differ():
    names = archive(1, 30)
    one, other = (ExamSampler(names, exams_per_batch=4, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.rows(23), [other.rows(s) for s in range(24)][23])
    in_order = [one.exams_of(step).tolist() for step in range(2 * one.steps_per_epoch)]
    assert in_order[: one.steps_per_epoch] != in_order[one.steps_per_epoch :]
    assert ExamSampler(names, exams_per_batch=4, seed=4).exams_of(0).tolist() != in_order[0]


def test_limit_of_images_draws_others_each_epoch():
    sampler = ExamSampler(["a"] * 50 + ["b"], exams_per_batch=2, max_images_per_exam=5, seed=0)
    first, second = sampler.rows(0), sampler.rows(1)
    assert len(first) == len(set(first)) == 6
    assert set(first) != set(second)


def test_fewer_exams_than_a_batch_uses_all():
    sampler = ExamSampler(["a", "b", "a"], exams_per_batch=16, seed=0)
    assert (sampler.exams_in_batch, sampler.steps_per_epoch) == (2, 1)
    assert sorted(sampler.rows(7)) == [0, 1, 2]


def test_errors():
    with pytest.raises(SonosiftError, match="no image"):
        ExamSampler([], seed=0)
