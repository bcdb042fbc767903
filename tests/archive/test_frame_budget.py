import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonosift.archive.frame_budget import check_frame, sampled_indices
from sonosift.archive.unreadable import Unreadable


@given(st.integers(1, 400), st.floats(0.5, 120), st.floats(0.5, 30))
def test_sampling_is_even_sorted_and_inside(frames, rate, wanted):
    indices = sampled_indices(frames, rate, wanted)
    assert indices[0] == 0
    assert indices[-1] < frames
    assert indices == sorted(set(indices))
    step = max(1.0, rate / wanted)
    assert all(abs(index - position * step) <= 0.5 for position, index in enumerate(indices))
    assert frames - indices[-1] <= step + 1.5


def test_slow_clips_are_kept_whole():
    assert sampled_indices(7, 2.0, 3.0) == list(range(7))


@pytest.mark.parametrize("bad", [(0, 5, 1, 8), (5, -1, 1, 8), (5, 5, 2, 8), (5, 5, 1, 7), (50_000, 50_000, 1, 8)])
def test_impossible_frames_are_refused(bad):
    with pytest.raises(Unreadable):
        check_frame(*bad)
