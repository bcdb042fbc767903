import numpy as np
import pytest

from sonosift.batches.clip_sampler import ClipSampler
from sonosift.batches.sampler import Rows
from sonosift.errors import SonosiftError


def rows(lengths):
    clips = [f"c{clip:02d}" for clip, length in enumerate(lengths) for _ in range(length)]
    # Stored backwards: the sampler must go by the index in the clip, not by the row.
    index = [length - 1 - n for length in lengths for n in range(length)]
    return Rows(["e"] * len(clips), clips, index)


def test_one_triple_per_clip_of_distinct_frames_in_order_of_time():
    table = rows([5, 9, 3, 7, 4, 6])
    sampler = ClipSampler(table, clips_per_batch=4, seed=1)
    for step in range(6):
        batch = sampler.rows(step)
        assert batch.shape == (4, 3)
        clips = [[table.clips[row] for row in triple] for triple in batch]
        assert all(len(set(of_one)) == 1 for of_one in clips)
        assert len({of_one[0] for of_one in clips}) == 4
        for triple in batch:
            times = [table.index_in_clip[row] for row in triple]
            assert times[0] < times[1] < times[2]


def test_short_clips_say_that_nothing_is_to_be_mixed():
    batch = ClipSampler(rows([2, 1]), clips_per_batch=2, seed=0).rows(0)
    by_first = {int(triple[0]): triple.tolist() for triple in batch}
    # Rows 0 and 1 are the later and the earlier frame of the first clip; row 2 is a still.
    assert by_first == {1: [1, 1, 0], 2: [2, 2, 2]}


def test_the_published_order_is_any_order():
    table = rows([9] * 40)
    drawn = ClipSampler(table, clips_per_batch=40, chronological=False, seed=0).rows(0)
    times = np.array(table.index_in_clip)[drawn]
    assert (np.diff(times, axis=1) < 0).any()
    assert (np.sort(times, axis=1)[:, 1:] > np.sort(times, axis=1)[:, :-1]).all()


def test_every_clip_once_an_epoch_and_other_frames_in_the_next():
    table = rows([8] * 10)
    sampler = ClipSampler(table, clips_per_batch=5, seed=3)
    assert sampler.steps_per_epoch == 2
    first = np.concatenate([sampler.rows(step) for step in (0, 1)])
    second = np.concatenate([sampler.rows(step) for step in (2, 3)])
    assert sorted(table.clips[row] for row in first[:, 0]) == sorted(set(table.clips))
    assert set(map(tuple, first)) != set(map(tuple, second))
    np.testing.assert_array_equal(sampler.rows(3), ClipSampler(table, clips_per_batch=5, seed=3).rows(3))


def test_no_frame():
    with pytest.raises(SonosiftError, match="no image"):
        ClipSampler(Rows([], [], []), seed=0)
