import numpy as np
import pytest

from sonosift.phantom.physics.point_spread import SPEED_MM_PER_US, PointSpread, lateral_fwhm, point_spread

ROWS, LINES = 448, 144


def white_noise(seed: int = 0, rows: int = ROWS, lines: int = LINES) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((rows, lines, 2), dtype=np.float32) * np.float32(np.sqrt(0.5))
    return noise.view(np.complex64)[..., 0]


def uniform(axial: float, lateral: float, rows: int = ROWS) -> PointSpread:
    return PointSpread(axial, np.full(rows, lateral, np.float32), np.full(rows, 1.0, np.float32))


def correlation(field: np.ndarray, axis: int, lag: int) -> float:
    first = np.moveaxis(field, axis, 0)[:-lag]
    second = np.moveaxis(field, axis, 0)[lag:]
    return float((first * second.conj()).mean().real / np.square(np.abs(field)).mean())


def test_fully_developed_speckle_has_rayleigh_statistics():
    envelopes = [np.abs(uniform(1.2, 1.3).apply(white_noise(seed))) for seed in range(6)]
    amplitude = np.concatenate([envelope[10:-10, 10:-10].ravel() for envelope in envelopes])
    # Rayleigh: mean over standard deviation is sqrt(pi / (4 - pi)) = 1.91.
    assert amplitude.mean() / amplitude.std() == pytest.approx(np.sqrt(np.pi / (4.0 - np.pi)), rel=0.05)


@pytest.mark.parametrize(("axial", "lateral"), [(0.8, 0.9), (1.5, 1.4), (1.0, 2.5)])
def test_autocorrelation_is_that_of_the_point_spread_function(axial, lateral):
    field = np.concatenate([uniform(axial, lateral).apply(white_noise(seed))[10:-10, 10:-10] for seed in range(4)])
    for lag in (1, 2, 3):
        # A Gaussian correlated with itself is a Gaussian, wider by the square root of two.
        assert correlation(field, 0, lag) == pytest.approx(np.exp(-(lag**2) / (4 * axial**2)), abs=0.05)
        assert correlation(field, 1, lag) == pytest.approx(np.exp(-(lag**2) / (4 * lateral**2)), abs=0.05)


def test_a_point_becomes_the_kernel():
    spread = point_spread(
        np.linspace(0.2, 150, ROWS).astype(np.float32),
        np.linspace(0.4, 1.6, ROWS).astype(np.float32),
        centre_mhz=3.5,
        cycles=1.25,
        aperture_mm=18,
        focus_mm=80,
    )
    field = np.zeros((ROWS, LINES), np.complex64)
    field[200, 70] = 2.0 - 1.0j
    image = spread.apply(field)
    axial, lateral = spread.axial_kernel(), spread.lateral_kernels()
    for shift in range(-(len(axial) // 2), len(axial) // 2 + 1):
        row = lateral[200 + shift]
        expected = (2.0 - 1.0j) * axial[shift + len(axial) // 2] * row
        half = len(row) // 2
        np.testing.assert_allclose(image[200 + shift, 70 - half : 70 + half + 1], expected, atol=1e-5)


def test_white_noise_keeps_its_power():
    assert np.square(np.abs(uniform(1.1, 1.7).apply(white_noise()))).mean() == pytest.approx(1.0, abs=0.03)


def test_the_beam_is_wavelength_times_f_number_at_the_focus_and_wider_elsewhere():
    wavelength = SPEED_MM_PER_US / 3.5
    depths = np.arange(5.0, 200.0, 5.0)
    width = lateral_fwhm(depths, wavelength, 18.0, 80.0)
    assert width[depths == 80.0][0] == pytest.approx(wavelength * 80.0 / 18.0, rel=1e-5)
    behind = width[depths >= 80.0]
    before = width[depths <= 80.0]
    assert (np.diff(behind) > 0).all()
    assert (np.diff(before) < 0).all()


def test_measured_speckle_widens_with_depth():
    depths = np.linspace(0.2, 200, ROWS).astype(np.float32)
    spacing = np.full(ROWS, 1.0, np.float32)
    spread = point_spread(depths, spacing, centre_mhz=3.0, cycles=1.2, aperture_mm=20, focus_mm=60)
    field = np.concatenate([spread.apply(white_noise(seed)) for seed in range(8)], axis=1)
    near_focus = correlation(field[110:160], 1, 2)
    deep = correlation(field[390:440], 1, 2)
    assert deep > near_focus + 0.2
