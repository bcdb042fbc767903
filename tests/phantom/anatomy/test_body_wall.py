import numpy as np
import pytest

from sonosift.phantom.anatomy.body_wall import Layer, Ribs, Trunk
from sonosift.phantom.physics.sections import Points


def column(z: np.ndarray, layer: float, x: float = 140.0, y: float = 10.0) -> Points:
    z = z.astype(np.float32)[:, None]
    full = [np.full_like(z, value, dtype=np.float32) for value in (x, y)]
    return Points(*full, z, np.full_like(z, layer), *full, z, 1.0)


def test_depth_of_a_round_trunk_is_exact():
    trunk = Trunk(150.0, 150.0, power=2.0)
    x, y = np.random.default_rng(0).uniform(-100, 100, (2, 50))
    np.testing.assert_allclose(trunk.depth(x, y), 150.0 - np.hypot(x, y), atol=1e-6)


def test_the_ray_to_the_skin_ends_at_depth_zero():
    trunk = Trunk(160.0, 105.0)
    for outward in np.random.default_rng(1).standard_normal((20, 3)):
        outward[2] *= 0.3
        point = trunk.skin(np.array([10.0, -5.0, 30.0]), outward / np.linalg.norm(outward))
        assert trunk.depth(point[:1], point[1:2])[0] == pytest.approx(0.0, abs=1e-3)


def test_a_layer_ends_at_its_depth_on_average():
    points = column(np.arange(0.0, 2000.0), layer=20.0)
    assert Layer(20.0, 0.8, 0.0).distance(points).mean() == pytest.approx(0.0, abs=0.05)
    assert (Layer(25.0, 0.8, 0.0).distance(points) < 0).all()


def test_ribs_repeat_at_their_spacing_above_the_margin_only():
    ribs = Ribs(depth=20.0, spacing=26.0, offset=3.0, half_width=150.0, lowest=10.0)
    z = np.arange(-200.0, 300.0, 0.25)
    inside = (ribs.distance(column(z, layer=20.0)) < 0).ravel()
    starts = z[1:][inside[1:] & ~inside[:-1]]
    np.testing.assert_allclose(np.diff(starts)[1:], 26.0, atol=0.3)
    assert starts.min() > 0
    assert not (ribs.distance(column(z, layer=30.0)) < 0).any()  # below the bone
