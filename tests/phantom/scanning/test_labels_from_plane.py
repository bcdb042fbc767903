import numpy as np
import pytest

from sonosift.phantom.anatomy.shapes import Ellipsoid, turned
from sonosift.phantom.anatomy.tissue import LIVER, MESENTERY
from sonosift.phantom.physics.painting import Scene, Structure, paint
from sonosift.phantom.physics.sections import Points
from sonosift.phantom.scanning.labels_from_plane import (
    NAMED_FROM,
    hesitations,
    labels_of,
    shadowed_share,
    visible_shares,
)

NOTHING = dict.fromkeys(NAMED_FROM, 0.0)


@pytest.fixture
def section():
    depth, line = np.mgrid[0:200, 0:200].astype(np.float32)
    x, y = line - 100, -depth
    points = Points(x, y, np.zeros_like(x), depth, x, y, np.zeros_like(x), 1.0)
    disc = Ellipsoid(np.array([0.2, -100.2, 0.0]), np.full(3, 40.0), turned())
    return paint(points, Scene(MESENTERY, (Structure(disc, LIVER),)))


def test_the_share_is_the_area(section):
    shares = visible_shares(section, np.zeros((200, 200), np.float32), np.ones((200, 200), np.float32))
    assert shares["liver"] == pytest.approx(np.pi * 40**2 / 200**2, rel=0.01)
    assert sum(shares.values()) == shares["liver"]


def test_shadow_and_what_the_picture_does_not_show_do_not_count(section):
    loss = np.zeros((200, 200), np.float32)
    loss[:, 100:] = 60.0
    area = np.ones((200, 200), np.float32)
    whole = visible_shares(section, np.zeros_like(loss), area)["liver"]
    assert visible_shares(section, loss, area)["liver"] == pytest.approx(whole / 2, rel=0.03)
    assert shadowed_share(loss, area) == pytest.approx(0.5)
    area[100:] = 0.0  # half of the disc, half of the picture
    assert visible_shares(section, np.zeros_like(loss), area)["liver"] == pytest.approx(whole, rel=0.03)


def test_cells_count_by_their_area(section):
    area = np.ones((200, 200), np.float32)
    assert visible_shares(section, np.zeros_like(area), 7.0 * area) == visible_shares(
        section, np.zeros_like(area), area
    )


def test_other_stands_alone():
    assert labels_of(NOTHING) == {"other"}
    assert labels_of({**NOTHING, "kidney": 0.2, "liver": NAMED_FROM["liver"]}) == {"kidney", "liver"}
    assert labels_of({**NOTHING, "kidney": 0.999 * NAMED_FROM["kidney"]}) == {"other"}


def test_an_expert_hesitates_only_near_the_threshold():
    limit = NAMED_FROM["spleen"]
    counts = [hesitations({**NOTHING, "spleen": share * limit}) for share in (0.0, 0.1, 0.6, 1.1, 2.0)]
    assert counts == [0, 0, 1, 1, 0]
