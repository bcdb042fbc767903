from dataclasses import replace

import numpy as np
import pytest

from sonosift.errors import SonosiftError
from sonosift.phantom.anatomy.body import draw_body
from sonosift.phantom.physics.fan_mask import fan_mask
from sonosift.phantom.scanning.acquisition import Acquisition, acquire
from sonosift.phantom.scanning.labels_from_plane import NAMED_FROM, ORGANS
from sonosift.phantom.scanning.scanner import SCANNERS
from sonosift.phantom.scanning.views import VIEW_NAMES


def scan(view: str, seed: int = 0, **settings) -> Acquisition:
    body = draw_body(np.random.default_rng([seed, 1]))
    return acquire(body, view, SCANNERS[seed % len(SCANNERS)], np.random.default_rng([seed, 2]), **settings)


def test_the_same_seed_gives_the_same_clip():
    one, two = (scan("right_kidney_sag", 3, frames=3, size=(120, 160)) for _ in range(2))
    for a, b in zip(one.frames, two.frames, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        assert a.labels == b.labels
    assert one.geometry == two.geometry
    assert not np.array_equal(one.frames[0].image, scan("right_kidney_sag", 4, size=(120, 160)).frames[0].image)


def test_other_scans_in_between_change_nothing():
    first = scan("spleen", 5, size=(96, 96)).frames[0].image
    scan("bladder_trv", 6, size=(128, 96))
    np.testing.assert_array_equal(first, scan("spleen", 5, size=(96, 96)).frames[0].image)


@pytest.mark.parametrize("view", VIEW_NAMES)
def test_every_view_gives_a_picture_with_consistent_truth(view):
    taken = scan(view, 1, size=(128, 144))
    frame = taken.frames[0]
    assert frame.image.shape == (128, 144)
    assert frame.image.dtype == np.uint8
    np.testing.assert_array_equal(taken.fan, fan_mask(taken.geometry, (128, 144)))
    assert (frame.image[~taken.fan] == 0).all()
    assert frame.image[taken.fan].std() > 8
    assert ("other" in frame.labels) == (frame.labels == {"other"})
    for organ in frame.labels - {"other"}:
        # What is named fills at least its share of the fan (shadowed parts only make the mask larger).
        assert frame.organs[organ].sum() > 0.9 * NAMED_FROM[organ] * taken.fan.sum()
    for mask in frame.organs.values():
        assert not (mask & ~taken.fan).any()
    assert (frame.quality is not None) == view.startswith("right_kidney")


def test_organs_never_share_a_pixel():
    frame = scan("right_kidney_sag", 2).frames[0]
    assert np.sum([mask.astype(int) for mask in frame.organs.values()], axis=0).max() == 1


def test_views_find_their_organ():
    wanted = {
        "right_kidney_sag": "kidney",
        "left_kidney_sag": "kidney",
        "spleen": "spleen",
        "liver_right_lobe": "liver",
    }
    for view, organ in wanted.items():
        found = sum(organ in scan(view, seed, size=(48, 48)).frames[0].labels for seed in range(12))
        assert found >= 9, (view, found)


def test_neck_and_limb_never_show_an_organ_of_the_belly():
    for view in ("thyroid_left", "neck"):
        assert not any(scan(view, seed, size=(48, 48)).frames[0].organs for seed in range(3))


def test_boxes_are_the_bounds_of_the_lesion_masks():
    seen = 0
    for seed in range(40):
        body = draw_body(np.random.default_rng([seed, 1]))
        if not body.lesions:
            continue
        frame = acquire(body, "liver_right_lobe", SCANNERS[0], np.random.default_rng(seed)).frames[0]
        for lesion in frame.lesions:
            x0, y0, x1, y1 = lesion.box
            rows, columns = np.nonzero(lesion.mask)
            assert (x0, y0, x1 - 1, y1 - 1) == (columns.min(), rows.min(), columns.max(), rows.max())
            assert (frame.organs["liver"] | ~lesion.mask).all()
            seen += 1
    assert seen >= 3


def alike(one: np.ndarray, two: np.ndarray, fan: np.ndarray) -> float:
    return float(np.corrcoef(one[fan].astype(float), two[fan].astype(float))[0, 1])


def test_speckle_stays_from_frame_to_frame_and_fades_as_the_probe_moves(monkeypatch):
    from sonosift.phantom.scanning import acquisition
    from sonosift.phantom.scanning.motion import Motion

    steady = Motion(0.0, 4.0, 0.0, slide=4.0, tilt=0.0, rock=0.0, turn_s=40.0)
    monkeypatch.setattr(acquisition, "draw_motion", lambda rng: steady)
    quiet = replace(SCANNERS[0], persistence=0.0, noise_db=-120.0)
    body = draw_body(np.random.default_rng([1, 1]))
    clip = acquire(body, "liver_right_lobe", quiet, np.random.default_rng(7), frames=9, rate_hz=8.0)
    images, fan = [frame.image for frame in clip.frames], clip.fan
    values = [alike(images[0], image, fan) for image in images]
    assert values[1] > 0.8  # half a millimetre
    assert values[1] > values[3] > values[8]
    other = acquire(body, "liver_right_lobe", quiet, np.random.default_rng(8)).frames[0].image
    assert alike(images[0], other, fan) < values[8]


def test_a_clip_has_its_times():
    clip = scan("aorta", 2, frames=4, rate_hz=10.0, size=(64, 64))
    assert [frame.time_s for frame in clip.frames] == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_an_unknown_view_is_refused_with_the_closest_name():
    with pytest.raises(SonosiftError, match="liver_dome"):
        scan("liver_dom")


def test_labels_are_of_the_six_organs_or_other():
    for seed in range(5):
        assert scan("pancreas", seed, size=(48, 48)).frames[0].labels <= {*ORGANS, "other"}
