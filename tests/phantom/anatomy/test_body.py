import numpy as np
import pytest

from sonosift.phantom.anatomy.body import Body, draw_body
from sonosift.phantom.physics.geometry import ScanShape
from sonosift.phantom.physics.painting import Scene, paint
from sonosift.phantom.physics.sections import Section
from sonosift.phantom.scanning.labels_from_plane import ORGANS
from sonosift.phantom.scanning.motion import BodyState
from sonosift.phantom.scanning.views import OperatorError, aim, view_named

STILL = BodyState()
SHAPE = ScanShape("curvilinear", 55.0, np.deg2rad(33), 0.0, 160.0)


def cut(body: Body, view: str, seed: int = 0, state: BodyState = STILL, grid: tuple[int, int] = (112, 64)) -> Section:
    pose, _ = aim(body, view_named(view), np.random.default_rng(seed), OperatorError(5.0, 5.0, 5.0))
    return body.cut(view_named(view).region, pose.places(SHAPE, *grid), SHAPE.depths(grid[0]), state)


def bodies(count: int) -> list[Body]:
    return [draw_body(np.random.default_rng([4, i])) for i in range(count)]


@pytest.mark.parametrize("view", ["right_kidney_sag", "spleen", "pancreas", "bladder_trv"])
def test_cutting_by_windows_changes_nothing(view):
    body = bodies(1)[0]
    section = cut(body, view)
    everywhere = Scene(body.trunk_scene.background, body.trunk_scene.structures)
    centres, radii = everywhere.balls
    everywhere.__dict__["balls"] = (centres, np.full_like(radii, np.inf))  # no structure is ever left out or trimmed
    whole = paint(section.points, everywhere)
    np.testing.assert_array_equal(section.index, whole.index)


def test_the_same_seed_draws_the_same_body():
    one, two = (draw_body(np.random.default_rng(8)) for _ in range(2))
    np.testing.assert_array_equal(cut(one, "liver_dome").index, cut(two, "liver_dome").index)


def test_organs_appear_together_as_in_people():
    together = {"right_kidney_sag": ("kidney", "liver"), "left_kidney_sag": ("kidney", "spleen")}
    for view, pair in together.items():
        seen = [cut(body, view, i).organs() for i, body in enumerate(bodies(15))]
        assert sum(set(pair) <= organs for organs in seen) >= 9, view
    for view, absent in (("bladder_trv", "spleen"), ("left_kidney_sag", "gallbladder"), ("liver_dome", "bladder")):
        assert not any(absent in cut(body, view, i).organs() for i, body in enumerate(bodies(10))), view


def test_landmarks_lie_in_their_organs():
    for body in bodies(12):
        for name, organ in (("right lobe", "liver"), ("right kidney", "kidney"), ("spleen", "spleen")):
            places = tuple(np.full((4, 4), c, np.float32) for c in body.landmark("trunk", name))
            section = body.cut("trunk", places, np.linspace(60, 63, 4).astype(np.float32), STILL)
            assert section.organs() == {organ}, name


def test_breathing_moves_organs_towards_the_feet_and_not_the_skin():
    body = bodies(1)[0]
    inhaled = BodyState((0.0, 0.0, -12.0))
    before, after = cut(body, "right_kidney_sag"), cut(body, "right_kidney_sag", state=inhaled)
    np.testing.assert_array_equal(before.points.layer, after.points.layer)
    np.testing.assert_array_equal(before.points.skin_z, after.points.skin_z)
    # What lay at z before lies at z - 12 now: the point at z holds the tissue of z + 12.
    height = (after.points.z - before.points.z).mean()
    assert height == pytest.approx(12.0, abs=1.5)


def test_every_organ_exists_and_is_rarer_than_the_liver():
    share = dict.fromkeys(ORGANS, 0.0)
    for i, body in enumerate(bodies(12)):
        section = cut(body, "liver_right_lobe", i)
        for organ in ORGANS:
            share[organ] += section.of_organ(organ).mean()
    assert max(share, key=lambda organ: share[organ]) == "liver"


def test_patients_differ():
    volumes = [body.trunk.bladder_ml for body in bodies(40)]
    assert min(volumes) < 30
    assert max(volumes) > 200
    assert len({body.trunk.wall_mm for body in bodies(10)}) == 10
