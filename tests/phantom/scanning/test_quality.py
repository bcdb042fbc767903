import numpy as np

from sonosift.phantom.anatomy.shapes import Ellipsoid, turned
from sonosift.phantom.anatomy.tissue import CORTEX, LIVER, MESENTERY
from sonosift.phantom.physics.painting import Scene, Structure, paint
from sonosift.phantom.physics.sections import Points
from sonosift.phantom.scanning.quality import GRADE_FROM_MM, morison_quality

SPACING = np.ones(150, np.float32)


def grid() -> Points:
    depth, line = np.mgrid[0:150, 0:140].astype(np.float32)
    x, y = line - 70, -depth
    return Points(x, y, np.zeros_like(x), depth, x, y, np.zeros_like(x), 1.0)


def grade(kidney_half_mm: float, *, liver: bool = True, gap: float = 0.0, focus: float = 80.0, shadow: bool = False):
    """A kidney of some length lies right under a liver that ends at 70 mm."""
    parts = []
    if liver:
        parts.append(Structure(Ellipsoid(np.array([0.0, -20.0, 0.0]), np.array([400.0, 50.0, 400.0]), turned()), LIVER))
    if kidney_half_mm:
        half = np.array([kidney_half_mm, 15.0, 30.0])
        parts.append(Structure(Ellipsoid(np.array([0.0, -85.0 - gap, 0.0]), half, turned()), CORTEX))
    section = paint(grid(), Scene(MESENTERY, tuple(parts)))
    loss = np.full(section.index.shape, 60.0 if shadow else 0.0, np.float32)
    return morison_quality(section, loss, SPACING, focus)


def test_no_liver_no_kidney_or_only_shadow_is_grade_0():
    assert grade(40, liver=False) == 0
    assert grade(0) == 0
    assert grade(40, shadow=True) == 0


def test_more_border_is_a_better_grade():
    grades = [grade(half) for half in (4, 12, 30, 60)]
    assert grades == sorted(grades)
    assert grades[0] == 1
    assert grades[-1] == 4


def test_the_grade_is_the_length_of_the_border():
    for number, limit in enumerate(GRADE_FROM_MM):
        # The whole upper side of so short a kidney is within reach of the liver.
        assert grade(0.8 * limit / 2) <= 1 + number
        assert grade(1.6 * limit / 2) >= 2 + number


def test_a_border_out_of_focus_or_far_away_earns_little():
    assert grade(60, focus=150.0) <= 1
    assert grade(60, gap=25.0) == 0
