import numpy as np
import pytest

from sonosift.evaluate.label_economy import NAMING, RANDOM, UNSURE, EconomyFrames, label_economy, name_of_group
from sonosift.metrics.f1 import class_scores


def frames(count, seed, kinds=4, noise=0.6):
    draw = np.random.default_rng(seed)
    kind = draw.integers(0, kinds, count)
    truth = np.eye(kinds, dtype=np.uint8)[kind]
    features = 3 * np.eye(kinds)[kind] + noise * draw.standard_normal((count, kinds))
    return EconomyFrames(features, kind, draw.random(count), truth)


def test_pure_groups_are_named_one_action_each_largest_first():
    pool, test = frames(200, 0), frames(100, 1)
    found = label_economy(pool, test, most=40, seeds=2)
    naming = found.curves[NAMING]
    assert [point.actions for point in naming] == [1, 2, 3, 4]
    assert naming[-1].weighted_f1 == 1.0
    largest = np.bincount(pool.groups).argmax()
    answers = np.where((test.groups == largest)[:, None], np.eye(4, dtype=np.uint8)[largest], 0).astype(np.uint8)
    assert naming[0].weighted_f1 == pytest.approx(class_scores(test.truth, answers).weighted_f1)
    for name in (RANDOM, UNSURE):
        assert [point.actions for point in found.curves[name]] == [5, 8, 12, 18, 27, 40]
        assert all(point.lowest <= point.weighted_f1 <= point.highest for point in found.curves[name])
        assert found.curves[name][-1].weighted_f1 > found.curves[name][0].weighted_f1 - 0.05


def test_with_every_frame_labelled_both_ways_are_the_same_probe():
    pool, test = frames(60, 2), frames(80, 3)
    found = label_economy(pool, test, seeds=2)
    assert found.curves[RANDOM][-1].actions == 60
    assert found.curves[RANDOM][-1].weighted_f1 == pytest.approx(found.curves[UNSURE][-1].weighted_f1, abs=0.02)


def test_name_comes_from_the_typical_frames_not_from_all():
    pool = EconomyFrames(
        np.zeros((40, 1)), np.zeros(40, int), np.arange(40) / 40,
        np.array([[1, 0]] * 24 + [[0, 1]] * 16, dtype=np.uint8),
    )  # fmt: skip
    assert name_of_group(pool, 0).tolist() == [0, 1]


def test_table_and_a_pool_smaller_than_the_first_point():
    pool, test = frames(3, 4), frames(20, 5)
    found = label_economy(pool, test, seeds=1)
    assert found.curves[RANDOM] == []
    assert found.table().splitlines()[0].split()[0] == "actions"
    assert len(found.table().splitlines()) == 1 + len(found.curves[NAMING])
