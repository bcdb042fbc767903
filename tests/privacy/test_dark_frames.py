"""Frames that show nothing: told from the clip's own range of greys, whatever its brightness."""

import numpy as np
import pytest

from sonosift.privacy.dark_frames import least_range, range_of_greys

FAN = np.zeros((200, 300), dtype=bool)
FAN[20:180, 40:260] = True


def tissue(share=1.0):
    speckle = np.random.default_rng(1).rayleigh(50, FAN.shape).clip(0, 255)
    return np.where(FAN, share * speckle, 0).astype(np.uint8)


def test_the_range_is_that_of_the_quantiles_inside_the_fan():
    ramp = np.zeros(FAN.shape, dtype=np.uint8)
    ramp[:, 40:260] = np.arange(220)
    ramp[~FAN] = 255
    assert range_of_greys(ramp, FAN) == pytest.approx(0.98 * 219, abs=1)


@pytest.mark.parametrize(("share", "kept"), [(0.0, False), (0.05, False), (0.2, True), (0.5, True)])
def test_a_frame_is_judged_by_the_brightest_of_the_clip(share, kept):
    frames = [np.zeros_like(tissue()), tissue(share), tissue()]
    assert (range_of_greys(frames[1], FAN) >= least_range(frames, FAN)) is kept


def test_a_dark_clip_loses_nothing():
    rng = np.random.default_rng(2)
    noise = [rng.integers(0, 8, FAN.shape).astype(np.uint8) for _ in range(3)]
    assert least_range(noise, FAN) == 0
    dark = [tissue(0.15), tissue(0.2)]
    assert all(range_of_greys(frame, FAN) >= least_range(dark, FAN) for frame in dark)


def test_what_is_written_beside_the_fan_does_not_count():
    written = np.where(FAN, 0, 255).astype(np.uint8)
    assert range_of_greys(written, FAN) == 0
