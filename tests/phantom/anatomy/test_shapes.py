import numpy as np
import pytest

from sonosift.phantom.anatomy.shapes import Blend, Cluster, Ellipsoid, Tube, Without, turned
from sonosift.phantom.physics.sections import Points


def points_at(places: np.ndarray) -> Points:
    x, y, z = (places[:, i : i + 1].astype(np.float32) for i in range(3))
    return Points(x, y, z, x, x, y, z, 1.0)


@pytest.fixture
def cloud() -> Points:
    return points_at(np.random.default_rng(0).uniform(-30, 30, (500, 3)))


def ball(radius: float, *centre: float) -> Ellipsoid:
    return Ellipsoid(np.array(centre or (0.0, 0.0, 0.0)), np.full(3, radius), turned(about_x=30, about_z=50))


def test_a_ball_knows_its_exact_distance(cloud):
    exact = np.sqrt(cloud.x**2 + (cloud.y - 4) ** 2 + cloud.z**2) - 11.0
    np.testing.assert_allclose(ball(11.0, 0.0, 4.0, 0.0).distance(cloud), exact, atol=1e-3)


def test_an_ellipsoid_is_exact_to_first_order_at_its_surface():
    half = np.array([10.0, 20.0, 40.0])
    shape = Ellipsoid(np.zeros(3), half, turned())
    direction = np.random.default_rng(1).standard_normal((200, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    surface = direction * half
    normal = surface / half**2
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    for step in (-0.2, 0.0, 0.2):
        distance = shape.distance(points_at(surface + step * normal)).ravel()
        np.testing.assert_allclose(distance, step, atol=0.02)


def test_turning_a_shape_and_its_points_together_changes_nothing():
    places = np.random.default_rng(2).uniform(-30, 30, (200, 3))
    axes = turned(about_x=20, about_y=-40, about_z=70)
    half = np.array([8.0, 12.0, 25.0])
    straight = Ellipsoid(np.zeros(3), half, np.eye(3), bend=0.3, taper=0.2).distance(points_at(places))
    tilted = Ellipsoid(np.zeros(3), half, axes, bend=0.3, taper=0.2).distance(points_at(places @ axes))
    np.testing.assert_allclose(straight, tilted, atol=1e-2)


def test_turned_axes_are_orthonormal():
    axes = turned(about_x=12, about_y=34, about_z=56)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)


def test_a_tube_against_a_brute_force_search_along_its_axis(cloud):
    tube = Tube(np.array([-10.0, 0.0, 5.0]), np.array([15.0, 8.0, -5.0]), 4.0, 4.0)
    along = np.linspace(0, 1, 2001)[:, None]
    axis = tube.start + along * (tube.end - tube.start)
    places = np.concatenate([cloud.x, cloud.y, cloud.z], axis=1)
    brute = np.array([np.linalg.norm(axis - place, axis=1).min() for place in places]) - 4.0
    np.testing.assert_allclose(tube.distance(cloud).ravel(), brute, atol=0.02)


def test_cluster_is_the_nearest_ball(cloud):
    centres = np.array([[0.0, 0.0, 0.0], [12.0, -3.0, 4.0]])
    both = Cluster(centres, np.array([5.0, 3.0])).distance(cloud)
    single = np.minimum(ball(5.0, *centres[0]).distance(cloud), ball(3.0, *centres[1]).distance(cloud))
    np.testing.assert_allclose(both, single, atol=1e-3)


def test_blend_holds_both_and_only_rounds_the_seam(cloud):
    one, two = ball(10.0), ball(8.0, 14.0, 0.0, 0.0)
    blended = Blend(one, two, 6.0).distance(cloud)
    union = np.minimum(one.distance(cloud), two.distance(cloud))
    assert (blended <= union + 1e-4).all()
    assert (blended >= union - 6.0 / 4.0 - 1e-4).all()


def test_carving_removes_exactly_the_second_shape(cloud):
    one, two = ball(20.0), ball(10.0, 10.0, 0.0, 0.0)
    inside = Without(one, two).distance(cloud) < 0
    np.testing.assert_array_equal(inside, (one.distance(cloud) < 0) & ~(two.distance(cloud) < 0))


@pytest.mark.parametrize(
    "shape",
    [
        ball(7.0, 3.0, 2.0, 1.0),
        Ellipsoid(np.ones(3), np.array([10.0, 12.0, 30.0]), turned(about_x=40), bend=0.3, taper=-0.25),
        Tube(np.zeros(3), np.array([20.0, 0.0, 0.0]), 5.0, 2.0),
        Cluster(np.array([[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]]), np.array([2.0, 4.0])),
    ],
)
def test_bounds_hold_the_whole_shape(shape):
    places = np.random.default_rng(3).uniform(-60, 60, (20_000, 3))
    inside = places[shape.distance(points_at(places)).ravel() < 0]
    centre, radius = shape.bounds()
    assert len(inside)
    assert np.linalg.norm(inside - centre, axis=1).max() <= radius + 1e-3
