import numpy as np
import pytest

from sonosift.ingest.picture_options import content_box, rescaled


def picture(top, bottom, height=50, width=40):
    made = np.full((height, width), bottom, np.uint8)
    made[: height // 5] = top
    return made


def test_the_near_field_is_brought_to_seventy():
    rng = np.random.default_rng(0)
    given = np.clip(rng.rayleigh(30, (100, 80)), 0, 255).astype(np.uint8)
    top = given[:20]
    median = np.median(top[top > 0])
    expected = np.clip(np.round(given * (70 / median)), 0, 255)
    np.testing.assert_array_equal(rescaled(given), expected)


def test_zeros_do_not_count_and_the_rest_of_the_picture_does_not_either():
    given = picture(35, 200)
    given[:10, :30] = 0
    np.testing.assert_array_equal(rescaled(given), picture(70, 255) * (given > 0))


def test_a_black_near_field_leaves_the_picture_alone():
    given = picture(0, 90)
    np.testing.assert_array_equal(rescaled(given), given)


def test_brightness_before_does_not_matter_after():
    given = np.random.default_rng(1).integers(1, 60, (50, 40), dtype=np.uint8)
    np.testing.assert_allclose(rescaled(given * 2).astype(int), rescaled(given).astype(int), atol=1)


@pytest.mark.parametrize("boxes", [[(3, 4, 10, 12)], [(3, 4, 10, 12), (0, 6, 5, 20)]])
def test_the_box_holds_what_is_lit_in_any_picture(boxes):
    pictures = []
    for x0, y0, x1, y1 in boxes:
        made = np.full((24, 30), 10, np.uint8)  # black, as a codec leaves it
        made[y0:y1, x0:x1] = 11
        pictures.append(made)
    columns = list(zip(*boxes, strict=True))
    assert content_box(pictures) == (min(columns[0]), min(columns[1]), max(columns[2]), max(columns[3]))


def test_nothing_lit_is_no_box():
    assert content_box([np.zeros((4, 4), np.uint8)]) is None
    assert content_box([]) is None
