import numpy as np

from sonosift.privacy.blanking import blanked_crop
from sonosift.privacy.fan import Fan


def test_outside_is_black_and_inside_is_untouched():
    rng = np.random.default_rng(0)
    picture = rng.integers(1, 256, (40, 50), dtype=np.uint8)
    mask = np.zeros((40, 50), dtype=bool)
    mask[5:30, 10:20] = rng.random((25, 10)) < 0.7
    mask[5, 10] = mask[29, 19] = True
    fan = Fan(mask, (10, 5, 20, 30), 1.0)
    before = picture.copy()
    crop = blanked_crop(picture, fan)
    expected = np.where(mask, picture, 0)[5:30, 10:20]
    np.testing.assert_array_equal(crop, expected)
    np.testing.assert_array_equal(picture, before)
