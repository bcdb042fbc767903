import numpy as np

from sonosift.clusters.group_nearness import group_nearness
from sonosift.clusters.label_conflicts import frame_conflicts, group_conflicts

NAMES = ("liver", "kidney")


def test_the_odd_frame_of_an_agreed_group_is_found_and_nothing_else():
    groups = np.array([3] * 10 + [7] * 10)
    labels = np.array([[1, 0]] * 9 + [[0, 1]] + [[0, 1]] * 10)
    (conflict,) = frame_conflicts(groups, labels, NAMES)
    assert (conflict.place, conflict.group) == (9, 3)
    assert (conflict.missing, conflict.surplus, conflict.strength) == (["liver"], ["kidney"], 1.0)
    assert group_conflicts(groups, labels, NAMES) == []


def test_equals_loops_over_the_other_members():
    draw = np.random.default_rng(0)
    groups, labels = draw.integers(0, 4, 80), (draw.random((80, 2)) < [0.88, 0.4]).astype(int)
    expected = set()
    for i in range(80):
        others = [j for j in range(80) if groups[j] == groups[i] and j != i]
        shares = labels[others].mean(axis=0)
        odd = [shares[c] >= 0.8 and not labels[i, c] for c in range(2)]
        if len(others) >= 5 and any(odd):
            expected.add(i)
    assert {conflict.place for conflict in frame_conflicts(groups, labels, NAMES)} == expected
    assert expected


def test_a_rare_label_in_a_group_that_is_about_something_else_is_no_conflict():
    labels = np.array([[1, 0]] * 20 + [[1, 1]])
    assert frame_conflicts(np.zeros(21, int), labels, NAMES) == []


def test_a_divided_group_is_named_with_the_label_that_divides_it_and_order_does_not_matter():
    groups = np.array([0] * 10 + [1] * 10 + [2] * 4)
    labels = np.array([[1, n % 2] for n in range(10)] + [[1, n < 3] for n in range(10)] + [[0, 1], [1, 0]] * 2)
    found = group_conflicts(groups, labels, NAMES)
    assert [(c.group, c.label, c.share) for c in found] == [(0, "kidney", 0.5), (1, "kidney", 0.3)]
    order = np.random.default_rng(1).permutation(24)
    assert group_conflicts(groups[order], labels[order], NAMES) == found


def test_few_labelled_frames_say_nothing():
    assert frame_conflicts(np.zeros(5, int), np.eye(5, 2, dtype=int), NAMES) == []
    assert group_conflicts(np.array([], int), np.zeros((0, 2), int), NAMES) == []


def test_nearness_is_the_mean_over_all_pairs():
    draw = np.random.default_rng(2)
    groups = np.array([0] * 6 + [4] * 5 + [9] * 7 + [-1] * 3)
    rows = draw.standard_normal((21, 4))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    found = group_nearness(rows, groups)

    def mean(a, b):
        return (1 - unit[groups == a] @ unit[groups == b].T).mean()

    for number, near in found.items():
        far = {other: mean(number, other) for other in (0, 4, 9) if other != number}
        assert near.nearest == min(far, key=far.get)
        assert abs(near.distance - min(far.values())) < 1e-6
        assert abs(near.within - mean(number, number)) < 1e-6
    assert group_nearness(rows, np.zeros(21, int)) == {}
