import numpy as np

from sonosift.phantom.anatomy.shapes import Ellipsoid, turned
from sonosift.phantom.anatomy.tissue import Tissue
from sonosift.phantom.physics.painting import Scene, Structure, paint
from sonosift.phantom.physics.sections import Points

BACK, RED, BLUE = (Tissue(name, 0.0) for name in ("back", "red", "blue"))


def grid() -> Points:
    depth, line = np.mgrid[0:120, 0:90].astype(np.float32)
    x, y = line - 45, -depth
    return Points(x, y, np.zeros_like(x), depth, x, y, np.zeros_like(x), 1.0)


def ball(radius: float, x: float, depth: float, z: float = 0.0) -> Ellipsoid:
    return Ellipsoid(np.array([x, -depth, z]), np.full(3, radius), turned())


def where(section, tissue) -> np.ndarray:
    return section.index == section.tissues.index(tissue)


def disc(radius: float, x: float, depth: float) -> np.ndarray:
    points = grid()
    return np.hypot(points.x - x, points.y + depth) < radius


def test_windows_change_nothing_against_brute_force():
    shapes = [(20.0, 0.0, 50.0), (3.0, 30.0, 20.0), (2.0, -44.0, 118.0), (9.0, 10.0, 100.0)]
    section = paint(grid(), Scene(BACK, tuple([Structure(ball(*shape), RED) for shape in shapes])))
    brute = np.any([disc(*shape) for shape in shapes], axis=0)
    assert (where(section, RED) != brute).sum() <= 4  # rounding on the rim


def test_later_structures_cover_earlier_ones():
    # Off the grid, so that no point lies on a rim.
    section = paint(grid(), Scene(BACK, (Structure(ball(20, 0.3, 50.2), RED), Structure(ball(10, 0.3, 50.2), BLUE))))
    np.testing.assert_array_equal(where(section, BLUE), disc(10, 0.3, 50.2))
    np.testing.assert_array_equal(where(section, RED), disc(20, 0.3, 50.2) & ~disc(10, 0.3, 50.2))


def test_a_structure_keeps_to_the_tissues_it_may_replace():
    parts = [Structure(ball(20, 0.3, 50.2), RED), Structure(ball(15, 15.3, 50.2), BLUE, frozenset({"red"}))]
    section = paint(grid(), Scene(BACK, tuple(parts)))
    np.testing.assert_array_equal(where(section, BLUE), disc(15, 15.3, 50.2) & disc(20, 0.3, 50.2))


def test_a_plane_that_misses_a_ball_holds_none_of_it():
    section = paint(grid(), Scene(BACK, (Structure(ball(10, 0, 50, z=10.5), RED),)))
    assert not where(section, RED).any()


def test_walls_of_covered_structures_do_not_shine_through():
    walled = Tissue("walled", 0.0, wall_db=10.0)
    section = paint(grid(), Scene(BACK, (Structure(ball(10, 0, 50), walled), Structure(ball(25, 0, 50), BLUE))))
    assert section.wall.max() == 0.0
