import numpy as np
import pytest

from sonosift.errors import SonosiftError
from sonosift.phantom.anatomy.body import draw_body
from sonosift.phantom.scanning.views import SUPER_GROUPS, VIEW_NAMES, VIEWS, OperatorError, aim, view_named

BODY = draw_body(np.random.default_rng(2))
NO_ERROR = OperatorError(0.0, 0.0, 0.0)


def test_at_least_fifteen_views_in_four_groups():
    assert len(set(VIEW_NAMES)) == len(VIEWS) >= 15
    assert {view.super_group for view in VIEWS} == set(SUPER_GROUPS)
    assert all(name == name.lower() for name in VIEW_NAMES)


@pytest.mark.parametrize("view", VIEWS, ids=VIEW_NAMES)
def test_the_probe_stands_on_the_skin_and_looks_at_its_target(view):
    pose, distance = aim(BODY, view, np.random.default_rng(0), NO_ERROR)
    for one, two in ((pose.axial, pose.lateral), (pose.axial, pose.elevation), (pose.lateral, pose.elevation)):
        assert one @ two == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.norm(pose.axial) == pytest.approx(1.0)
    target = BODY.landmark(view.region, view.target)
    reached = pose.face + distance * pose.axial
    off = reached - target
    # Only along the image: the organ need not be in the middle of the picture.
    np.testing.assert_allclose(off - (off @ pose.lateral) * pose.lateral, 0.0, atol=1e-6)
    if view.region == "trunk":
        face = target - distance * pose.axial
        assert BODY.trunk.outline.depth(face[:1], face[1:2])[0] == pytest.approx(0.0, abs=0.01)


def test_operator_error_spreads_the_poses_as_it_says():
    view = view_named("aorta")
    rngs = [np.random.default_rng(i) for i in range(300)]
    poses = [aim(BODY, view, rng, OperatorError(0.0, 10.0, 0.0))[0] for rng in rngs]
    standard = -np.array(view.outward)
    angles = [np.rad2deg(np.arctan2(pose.axial[0], -pose.axial[1])) for pose in poses]
    assert np.std(angles) == pytest.approx(10.0, rel=0.15)
    assert np.mean([pose.axial for pose in poses], axis=0) @ standard > 0.95


def test_an_unknown_view_names_the_closest():
    with pytest.raises(SonosiftError, match="spleen"):
        view_named("spleeen")
