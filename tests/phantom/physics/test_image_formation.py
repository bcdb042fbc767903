from dataclasses import replace

import numpy as np
import pytest

from sonosift.phantom.physics.image_formation import (
    Compression,
    decibel,
    despeckled,
    gain_for,
    noise_amplitude,
    smoothed,
)
from sonosift.phantom.scanning.scanner import SCANNERS

PLAIN = replace(SCANNERS[0], dynamic_range_db=60.0, curve=1.0, s_shape=0.0)


def levels(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 8.0, (120, 90)).astype(np.float32)


def test_decibels_are_twenty_times_the_logarithm():
    np.testing.assert_allclose(decibel(np.array([0.1, 1.0, 10.0])), [-20.0, 0.0, 20.0], atol=1e-3)
    assert np.isfinite(decibel(np.zeros(3))).all()


def test_the_grey_scale_spans_the_dynamic_range():
    compression = Compression(PLAIN, 0.0)
    ramp = np.linspace(-100, 60, 1601, dtype=np.float32)[None, :]
    grey = compression.grey(ramp)[0].astype(int)
    assert grey[0] == 0
    assert grey[-1] == 255
    assert (np.diff(grey) >= 0).all()
    black, white = ramp[0][grey > 0][0], ramp[0][grey < 255][-1]
    assert white - black == pytest.approx(60.0, abs=0.6)


def test_gain_moves_the_picture_along_the_scale():
    level = levels()
    np.testing.assert_array_equal(Compression(PLAIN, 5.0).grey(level), Compression(PLAIN, 0.0).grey(level + 5.0))


@pytest.mark.parametrize("wanted", [40.0, 90.0])
def test_the_operator_reaches_the_brightness_he_wants(wanted):
    level, area = levels() - 10.0, np.ones((120, 90), np.float32)
    gain = gain_for(level, area, PLAIN, wanted)
    assert Compression(PLAIN, gain).grey(level).mean() == pytest.approx(wanted, abs=2.5)


def test_the_gain_knob_has_an_end_and_empty_corners_do_not_count():
    area = np.ones((120, 90), np.float32)
    assert gain_for(np.full((120, 90), -300.0, np.float32), area, PLAIN, 80.0) == pytest.approx(16.0, abs=0.3)
    level = levels()
    level[:, 45:] = -300.0
    area[:, 45:] = 0.0
    half = gain_for(np.ascontiguousarray(level[:, :45]), np.ones((120, 45), np.float32), PLAIN, 60.0)
    assert gain_for(level, area, PLAIN, 60.0) == pytest.approx(half, abs=0.5)


def test_speckle_reduction_keeps_the_mean_and_lowers_the_spread():
    level = levels()
    calm = despeckled(level, replace(PLAIN, speckle_reduction=1.0))
    assert calm.mean() == pytest.approx(level.mean(), abs=0.3)
    assert calm.std() < 0.6 * level.std()
    assert despeckled(level, replace(PLAIN, speckle_reduction=0.0)) is level


def test_noise_grows_with_the_compensation():
    amplitude = noise_amplitude(-80.0, np.array([0.0, 20.0, 40.0]))
    np.testing.assert_allclose(amplitude[1:] / amplitude[:-1], 10.0, rtol=1e-5)


def test_smoothing_and_sharpening_leave_a_flat_picture_alone():
    flat = np.full((40, 40), 77, np.uint8)
    for scanner in SCANNERS:
        np.testing.assert_array_equal(smoothed(flat, scanner), flat)


def test_grey_curves_rise_from_black_to_white():
    for scanner in SCANNERS:
        curve = scanner.grey_curve().astype(int)
        assert curve[0] == 0
        assert curve[-1] == 255
        assert (np.diff(curve) >= 0).all()
