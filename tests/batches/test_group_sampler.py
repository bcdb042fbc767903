import numpy as np
import pytest

from sonosift.batches.group_sampler import GroupSampler, evenly_over_groups
from sonosift.errors import SonosiftError


def test_every_group_is_shown_as_often():
    groups = np.array([0] * 70 + [3] * 25 + [7] * 5)
    order = evenly_over_groups(groups, 100, np.random.default_rng(0))
    shown = np.bincount(groups[order], minlength=8)
    assert len(order) == 100
    assert set(np.flatnonzero(shown)) == {0, 3, 7}
    assert shown[[0, 3, 7]].max() - shown[[0, 3, 7]].min() <= 2
    # A large group shows different frames rather than the same ones again.
    large = order[groups[order] == 0]
    assert len(set(large)) == len(large)


def test_groups_are_asked_once_an_epoch():
    asked = []

    def groups():
        asked.append(1)
        return np.arange(12) % 3

    sampler = GroupSampler(12, groups, batch_size=4, seed=0)
    first = [sampler.rows(step).tolist() for step in range(3)]
    assert len(asked) == 1
    sampler.rows(3)
    assert len(asked) == 2
    again = GroupSampler(12, groups, batch_size=4, seed=0)
    assert [again.rows(step).tolist() for step in (2, 0)] == [first[2], first[0]]


def test_one_frame_and_none():
    assert GroupSampler(1, lambda: np.zeros(1, dtype=np.int64), batch_size=8, seed=0).rows(5).tolist() == [0]
    with pytest.raises(SonosiftError, match="no image"):
        GroupSampler(0, lambda: np.zeros(0, dtype=np.int64), batch_size=8, seed=0)
