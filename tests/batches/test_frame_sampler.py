import numpy as np
import pytest

from sonosift.batches.frame_sampler import FrameSampler
from sonosift.errors import SonosiftError


@pytest.mark.parametrize(("frames", "size"), [(10, 3), (12, 4), (5, 50), (1, 1)])
def test_an_epoch_shows_every_frame_at_most_once(frames, size):
    sampler = FrameSampler(frames, batch_size=size, seed=1)
    seen = np.concatenate([sampler.rows(step) for step in range(sampler.steps_per_epoch)])
    assert len(seen) == len(set(seen)) == frames // min(size, frames) * min(size, frames)


def test_repeatable():
    sampler = FrameSampler(100, batch_size=10, seed=2)
    np.testing.assert_array_equal(sampler.rows(57), FrameSampler(100, batch_size=10, seed=2).rows(57))
    assert (sampler.rows(0) != sampler.rows(10)).any()


def test_no_frame():
    with pytest.raises(SonosiftError, match="no image"):
        FrameSampler(0, batch_size=4, seed=0)
