import re

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from sonosift.evaluate.group_metrics import adjusted_rand, group_metrics
from sonosift.metrics.clustering import hungarian_accuracy, normalized_mutual_information, purity

# FUSC's Table 4: size, then the three commonest views with their shares in percent.
TABLE_4 = """
914 Brain 100 Orbit 0 Kidney 0
2416 Spine 99 Diaphragm 0 Lips 0
402 Spine 97 Kidney 1 Diaphragm 1
1955 Lips 97 Feet 2 Cord 0
988 Kidney 95 Abdomen 2 Spine 1
498 Femur 89 Feet 5 Spine 2
1690 Orbit 79 Profile 14 Brain 5
2427 Spine 68 Diaphragm 7 Kidney 6
105 Orbit 53 Profile 25 Brain 22
407 Kidney 52 Diaphragm 18 Cord 14
622 Lips 47 Feet 19 Profile 13
1330 LVOT 44 4CH 30 RVOT 23
410 RVOT 39 LVOT 29 4CH 24
1503 Cord 39 Kidney 28 Abdomen 21
1950 RVOT 35 LVOT 27 3VV 22
"""
VIEWS = sorted(set(re.findall(r"[A-Za-z0-9]*[A-Za-z]+[A-Za-z0-9]*", TABLE_4)))


def published():
    groups, classes = [], []
    for number, line in enumerate(TABLE_4.split("\n")[1:-1]):
        size, *top = line.split()
        named = [view for view, share in zip(top[::2], top[1::2], strict=True)
                 for _ in range(round(int(size) * int(share) / 100))]  # fmt: skip
        # What the table leaves out: spread over all views that it does not name for this cluster.
        others = [view for view in VIEWS if view not in top]
        named += [others[n % len(others)] for n in range(int(size) - len(named))]
        groups += [number] * int(size)
        classes += named[: int(size)]
    return np.array(groups), np.eye(len(VIEWS), dtype=np.uint8)[[VIEWS.index(view) for view in classes]]


def test_assignments_rebuilt_from_the_papers_table_4_give_its_purity():
    groups, truth = published()
    assert len(groups) == 17_617
    assert purity(groups, truth.argmax(axis=1)) == pytest.approx(0.711, abs=5e-4)
    found = group_metrics(groups, truth, [f"p{n % 50}" for n in range(len(groups))], VIEWS, draws=20)
    assert found.purity.value == pytest.approx(0.711, abs=5e-4)
    assert found.filled == 15
    best = found.top_three[0]
    assert (best.group, best.frames, best.top[0]) == (0, 914, ("Brain", 1.0))
    assert [row.frames for row in found.top_three][-1] == 1950
    assert [name for name, _ in found.top_three[-1].top] == ["RVOT", "LVOT", "3VV"]


@pytest.mark.parametrize("seed", range(3))
def test_values_are_those_of_the_metrics_and_intervals_hold_them(seed):
    draw = np.random.default_rng(seed)
    truth = np.eye(4, dtype=np.uint8)[draw.integers(0, 4, 300)]
    kinds = truth.argmax(axis=1)
    groups = np.where(draw.random(300) < 0.6, kinds, draw.integers(0, 6, 300))
    patients = [f"p{n // 10}" for n in range(300)]
    found = group_metrics(groups, truth, patients, list("abcd"), draws=200)
    for figure, value in (
        (found.purity, purity(groups, kinds)),
        (found.nmi, normalized_mutual_information(groups, kinds)),
        (found.ari, adjusted_rand_score(kinds, groups)),
        (found.hungarian, hungarian_accuracy(groups, kinds)),
    ):
        assert figure.value == pytest.approx(value, abs=1e-6)
        assert figure.low < figure.value < figure.high
        assert figure.high - figure.low < 0.3
    assert sum(row.frames for row in found.top_three) == 300


def test_more_frames_of_the_same_patients_do_not_narrow_the_interval():
    draw = np.random.default_rng(5)
    kinds = np.repeat(draw.integers(0, 3, 20), 10)
    groups = np.where(np.repeat(draw.random(20) < 0.7, 10), kinds, 2 - kinds)
    people = [f"p{n // 10}" for n in range(200)]
    once = group_metrics(groups, np.eye(3, dtype=int)[kinds], people, list("abc"), draws=300)
    tiled = np.eye(3, dtype=int)[np.tile(kinds, 3)]
    thrice = group_metrics(np.tile(groups, 3), tiled, people * 3, list("abc"), draws=300)
    assert thrice.purity == once.purity


def test_ari_of_one_group_and_one_class_and_of_a_single_frame():
    assert adjusted_rand(np.array([[5.0]])) == 1
    assert adjusted_rand(np.array([[1.0, 0.0], [0.0, 1.0]])) == 1
    one = group_metrics(np.array([3]), np.array([[1, 0]]), ["p"], ["a", "b"], formed=4, draws=5)
    assert (one.purity.value, one.formed, one.filled) == (1.0, 4, 1)
