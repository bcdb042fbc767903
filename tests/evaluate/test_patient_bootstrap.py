import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonosift.errors import SonosiftError
from sonosift.evaluate.count_statistics import normalised_mutual_information
from sonosift.evaluate.patient_bootstrap import (
    centred_interval,
    mean_of_sums,
    paired_difference,
    patient_weights,
    percentile_interval,
    sum_by_patient,
)


def _mean_tables(values: np.ndarray) -> np.ndarray:
    return np.stack([values, np.ones_like(values)], axis=-1)


def test_interval_of_a_mean_is_the_normal_theory_interval():
    values = np.random.default_rng(3).normal(5.0, 2.0, size=400)
    interval = percentile_interval(_mean_tables(values), mean_of_sums, draws=4000)
    half = 1.959964 * values.std() / np.sqrt(len(values))
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.05 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.05 * half)


def test_interval_covers_the_truth_as_often_as_normal_theory():
    rng = np.random.default_rng(1)
    ours = theirs = 0
    for trial in range(1000):
        values = rng.normal(1.0, 1.0, size=100)
        interval = percentile_interval(_mean_tables(values), mean_of_sums, draws=1000, seed=trial)
        ours += bool(interval.low <= 1.0 <= interval.high)
        theirs += abs(values.mean() - 1.0) <= 1.959964 * values.std() / np.sqrt(len(values))
    assert 0.92 <= ours / 1000 <= 0.97
    assert ours / 1000 == pytest.approx(theirs / 1000, abs=0.015)


def test_frames_of_one_patient_are_drawn_together():
    # 10 patients whose frames all say the same: 100 copies of a frame must not narrow the interval.
    values = np.arange(10.0)
    patients = [f"p{i}" for i in range(10)]
    once = percentile_interval(sum_by_patient(_mean_tables(values), patients), mean_of_sums)
    copies = percentile_interval(
        sum_by_patient(_mean_tables(np.repeat(values, 100)), np.repeat(patients, 100)), mean_of_sums
    )
    assert copies.low == pytest.approx(once.low)
    assert copies.high == pytest.approx(once.high)
    frames = percentile_interval(_mean_tables(np.repeat(values, 100)), mean_of_sums)
    assert frames.high - frames.low < 0.2 * (copies.high - copies.low)


def test_matrix_product_equals_a_loop_over_drawn_patients():
    rng = np.random.default_rng(1)
    patients = [f"p{i}" for i in rng.integers(0, 7, size=50)]
    values = rng.normal(size=50)
    tables = sum_by_patient(_mean_tables(values), patients)
    names = sorted(set(patients))
    means = []
    for weights in patient_weights(len(names), 200, seed=5):
        drawn = [
            v
            for name, times in zip(names, weights, strict=True)
            for _ in range(int(times))
            for v, p in zip(values, patients, strict=True)
            if p == name
        ]
        means.append(np.mean(drawn))
    interval = percentile_interval(tables, mean_of_sums, draws=200, seed=5)
    assert [interval.low, interval.high] == pytest.approx(np.quantile(means, [0.025, 0.975]))


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(-9, 9)), min_size=1, max_size=30), st.randoms())
@settings(max_examples=50, deadline=None)
def test_order_of_frames_does_not_matter(frames, random):
    shuffled = list(frames)
    random.shuffle(shuffled)

    def ends(rows):
        tables = sum_by_patient(_mean_tables(np.array([float(v) for _, v in rows])), [p for p, _ in rows])
        return percentile_interval(tables, mean_of_sums, draws=50)

    assert np.allclose(ends(frames), ends(shuffled))


def test_pairs_cancel_what_patients_share():
    rng = np.random.default_rng(2)
    hard = rng.normal(0, 10, size=80)
    first, second = _mean_tables(hard + 1 + rng.normal(0, 0.1, 80)), _mean_tables(hard)
    difference = paired_difference(first, second, mean_of_sums)
    assert difference.value == pytest.approx(1.0, abs=0.05)
    assert difference.high - difference.low < 0.1
    back = paired_difference(second, first, mean_of_sums)
    assert (back.low, back.high) == pytest.approx((-difference.high, -difference.low))


def test_one_patient_has_an_interval_of_no_width():
    interval = percentile_interval(_mean_tables(np.array([3.0])), mean_of_sums, draws=20)
    assert (interval.value, interval.low, interval.high) == (3.0, 3.0, 3.0)


def test_undefined_figures_stay_undefined():
    tables = np.array([[[1.0, 1.0], [0.0, 0.0]]] * 4)  # the second figure has no count at all
    interval = percentile_interval(tables, mean_of_sums, draws=20)
    assert interval.low[0] == 1.0
    assert np.isnan([interval.value[1], interval.low[1], interval.high[1]]).all()


def test_no_patient_and_unequal_pairs_are_refused():
    with pytest.raises(SonosiftError, match="no patient"):
        percentile_interval(np.zeros((0, 2)), mean_of_sums)
    with pytest.raises(ValueError, match="same patients: 2 and 3"):
        paired_difference(np.ones((2, 2)), np.ones((3, 2)), mean_of_sums)


def test_a_figure_that_resamples_inflate_lies_in_its_own_interval_and_varies_as_widely():
    # Few frames of many patients and many groups: what two tables share by chance is the larger, the fewer frames.
    draw = np.random.default_rng(3)
    tables = np.zeros((20, 8, 12))
    for patient in range(20):
        np.add.at(tables[patient], (draw.integers(0, 8, 6), draw.integers(0, 12, 6)), 1)
    plain, centred = (
        way(tables, normalised_mutual_information, draws=400) for way in (percentile_interval, centred_interval)
    )
    assert not plain.low <= plain.value <= plain.high
    assert centred.low < centred.value < centred.high
    assert centred.high - centred.low == pytest.approx(plain.high - plain.low)
    assert centred.value == plain.value
    # Where resampling has no tendency there is nothing to move, and what is perfect stays so.
    values = np.random.default_rng(0).normal(size=200)
    same = [way(_mean_tables(values), mean_of_sums, draws=4000) for way in (percentile_interval, centred_interval)]
    assert same[1].low == pytest.approx(same[0].low, abs=0.01)
    perfect = centred_interval(np.stack([np.eye(3)] * 5), normalised_mutual_information, draws=20)
    assert (float(perfect.low), float(perfect.high)) == (1.0, 1.0)
