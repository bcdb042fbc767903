import numpy as np
import pytest

from sonosift.batches.clip_sampler import ClipSampler, apart
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


def film(rate_hz, seconds, wanted_hz=1e9):
    """The times of a film's frames, thinned as an ingest thins them, and rounded as a catalog keeps them."""
    kept, due = [], 0.0
    for time in np.arange(round(rate_hz * seconds)) / rate_hz:
        if time + 1e-6 >= due:
            kept.append(np.float32(round(float(time), 4)))
            due = max(due + 1.0 / wanted_hz, time)
    return np.array(kept, dtype=np.float64)


@pytest.mark.parametrize("rate_hz", [17, 19, 23, 28, 30])
def test_three_frames_a_second_have_the_paper_s_interval(rate_hz):
    """Frame rates of US-4: an interval of at least five frames, and three frames in every second."""
    kept = apart(film(rate_hz, 4), 3.0)
    assert len(kept) == 12
    assert np.diff(kept).min() >= 5
    assert np.abs(kept - np.arange(12) * rate_hz / 3).max() < 1


@pytest.mark.parametrize("rate_hz", [7, 12.5, 24, 25, 30, 60])
@pytest.mark.parametrize("ingested_hz", [1.5, 3])
def test_a_cohort_ingested_at_that_rate_or_below_is_taken_whole(rate_hz, ingested_hz):
    times = film(rate_hz, 5, ingested_hz)
    assert apart(times, 3.0).tolist() == list(range(len(times)))


@pytest.mark.parametrize("times", [[0.0] * 5, [0.0, np.nan, 0.2], [np.nan], [np.nan] * 3, [], [0.3, 0.2, 0.1]])
def test_without_times_all_frames_stay(times):
    assert apart(np.array(times, dtype=np.float64), 3.0).tolist() == list(range(len(times)))


def test_pairs_come_from_frames_that_lie_apart():
    table = rows([24, 24, 4])
    times = [index / 12 for index in table.index_in_clip]  # a second has 12 frames
    spaced = ClipSampler(
        Rows(table.exams, table.clips, table.index_in_clip, times), clips_per_batch=3, frames_per_second=3, seed=0
    )
    drawn = np.concatenate([spaced.rows(step) for step in range(40)])
    assert set(np.array(table.index_in_clip)[drawn].ravel()) == {0, 4, 8, 12, 16, 20}
    assert next(triple.tolist() for triple in drawn if table.clips[triple[0]] == "c02") == [51] * 3
