import numpy as np

from sonosift.batches.exam_sampler import ExamSampler
from sonosift.batches.labelled_and_unlabelled import LabelledAndUnlabelled


def sampler(seed=0):
    labelled = ExamSampler(["a", "a", "b", "c"], exams_per_batch=1, seed=seed)
    unlabelled = ExamSampler([f"u{n // 2}" for n in range(20)], exams_per_batch=2, seed=seed + 1)
    return LabelledAndUnlabelled(labelled, 4, unlabelled), labelled, unlabelled


def test_each_half_is_what_its_own_sampler_draws():
    both, labelled, unlabelled = sampler()
    for step in range(12):
        rows = both.rows(step)
        first = labelled.rows(step)
        np.testing.assert_array_equal(rows[: len(first)], first)
        np.testing.assert_array_equal(rows[len(first) :], unlabelled.rows(step) + 4)


def test_an_epoch_is_one_pass_over_the_unlabelled_and_labelled_ones_come_round_more_often():
    both, _, _ = sampler()
    assert both.steps_per_epoch == 5
    seen = np.concatenate([both.rows(step) for step in range(5)])
    np.testing.assert_array_equal(np.sort(seen[seen >= 4]), np.arange(4, 24))
    counts = np.bincount(seen[seen < 4], minlength=4)
    assert counts.min() >= 1
    assert counts.max() == 2


def test_any_step_can_be_repeated_without_the_steps_before_it():
    np.testing.assert_array_equal(sampler()[0].rows(17), sampler()[0].rows(17))
