import numpy as np
import pytest

from sonosift.errors import SonosiftError
from sonosift.phantom.anatomy.body import draw_body
from sonosift.phantom.scanning.exam_plan import plan_exam
from sonosift.phantom.scanning.views import VIEW_NAMES

BODY = draw_body(np.random.default_rng(0))


def plans(profile: str, count: int = 400):
    return [plan_exam(BODY, np.random.default_rng([9, i]), profile) for i in range(count)]


def test_exams_have_5_to_30_shots_and_13_in_the_mean():
    lengths = np.array([len(plan.shots) for plan in plans("stills")])
    assert lengths.min() >= 5
    assert lengths.max() <= 30
    assert lengths.mean() == pytest.approx(13.0, abs=0.8)


def test_every_view_is_taken_and_known():
    taken = {shot.view for plan in plans("stills") for shot in plan.shots}
    assert taken == set(VIEW_NAMES)


def test_cine_exams_hold_clips_of_10_to_50_frames():
    shots = [shot for plan in plans("cine", 60) for shot in plan.shots]
    assert all(shot.is_cine and 10 <= shot.frames <= 50 and 6 <= shot.rate_hz <= 12 for shot in shots)


def test_a_third_of_still_exams_has_a_clip_now_and_then():
    exams = plans("stills")
    share = np.mean([any(shot.is_cine for shot in plan.shots) for plan in exams])
    assert 0.15 < share < 0.4
    assert all(shot.frames == 1 for plan in exams for shot in plan.shots if not shot.is_cine)


def test_the_same_seed_plans_the_same_exam():
    assert plan_exam(BODY, np.random.default_rng(3)) == plan_exam(BODY, np.random.default_rng(3))


def test_an_unknown_profile_is_refused():
    with pytest.raises(SonosiftError, match="stills"):
        plan_exam(BODY, np.random.default_rng(0), "still")
