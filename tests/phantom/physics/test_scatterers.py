import numpy as np
import pytest

from sonosift.phantom.physics.scatterers import scatterer_field, smooth_noise

X, Y, Z = np.eye(3)


def field(seed: int = 1, cell: tuple[float, float, float] = (1.0, 0.3, 1.75)):
    return scatterer_field(seed, X, Y, Z, cell, slice_mm=3.5)


def plane(z: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.arange(120.0), np.arange(0.0, 90.0, 0.3))
    return x.astype(np.float32), y.astype(np.float32), np.full_like(x, z, dtype=np.float32)


def alike(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs((a * b.conj()).mean()) / np.sqrt(np.square(np.abs(a)).mean() * np.square(np.abs(b)).mean()))


def test_power_is_one():
    assert np.square(np.abs(field().sample(*plane()))).mean() == pytest.approx(1.0, abs=0.03)


def test_scatterers_belong_to_the_body():
    x, y, z = plane()
    whole = field().sample(x, y, z)
    np.testing.assert_array_equal(
        whole[40:80, 10:60], field().sample(x[40:80, 10:60], y[40:80, 10:60], z[40:80, 10:60])
    )
    assert alike(whole, field(seed=2).sample(x, y, z)) < 0.05


def test_correlation_decays_out_of_plane_as_the_slice_profile_says():
    start = field().sample(*plane())
    previous = 1.0
    skew = np.sqrt(1.0 + 0.23**2 + 0.31**2)
    for distance in (0.8, 1.6, 2.4, 3.6):
        measured = alike(start, field().sample(*plane(distance)))
        sigma = 3.5 / 2.3548
        assert measured == pytest.approx(np.exp(-((distance / skew) ** 2) / (4 * sigma**2)), abs=0.1)
        assert measured < previous
        previous = measured
    assert alike(start, field().sample(*plane(15.0))) < 0.05


def test_no_movement_changes_nothing():
    np.testing.assert_array_equal(field().sample(*plane(3.0)), field().sample(*plane(3.0)))


def test_smooth_noise_is_smooth_periodic_and_of_unit_variance():
    grid = np.mgrid[0:64, 0:64, 0:64].astype(np.float32)
    block = smooth_noise(*grid)
    assert block.std() == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_array_equal(block, smooth_noise(grid[0] + 64, grid[1] - 64, grid[2]))
    neighbours = np.corrcoef(block[:-1].ravel(), block[1:].ravel())[0, 1]
    assert neighbours > 0.6
