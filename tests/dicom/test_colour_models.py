"""Colour models against pydicom's conversion and a loop over pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.pixels import convert_color_space

from sonosift.dicom.colour_models import palette_words, rgb_to_ybr_full, subsample_422


def test_ybr_is_what_pydicom_makes():
    rgb = np.random.default_rng(5).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    expected = convert_color_space(rgb, "RGB", "YBR_FULL")
    assert np.abs(rgb_to_ybr_full(rgb).astype(int) - expected).max() <= 1


@given(st.integers(0, 255))
def test_grey_stays_grey(level):
    assert rgb_to_ybr_full(np.full((1, 3), level, dtype=np.uint8)).tolist() == [[level, 128, 128]]


def test_pairs_of_columns_share_their_colour():
    ybr = np.random.default_rng(6).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    expected = []
    for row in ybr.tolist():
        for first, second in zip(row[::2], row[1::2], strict=True):
            expected += [first[0], second[0], first[1], first[2]]
    assert subsample_422(ybr).ravel().tolist() == expected


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="even width"):
        subsample_422(np.zeros((2, 3, 3), dtype=np.uint8))


def test_palette_words_in_both_orders():
    levels = np.array([0, 1, 128, 255], dtype=np.uint8)
    little, big = palette_words(levels), palette_words(levels, big_endian=True)
    assert np.frombuffer(little, "<u2").tolist() == np.frombuffer(big, ">u2").tolist() == [0, 257, 32896, 65535]
