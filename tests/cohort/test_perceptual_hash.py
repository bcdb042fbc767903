from __future__ import annotations

import cv2
import numpy as np
import scipy.fft

from sonosift.cohort.perceptual_hash import fine_structure, hash_bits, low_frequencies, thumbnails


def _pictures(count: int, size: int = 64, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = [cv2.GaussianBlur(rng.normal(size=(size, size)), (0, 0), size / 24) for _ in range(count)]
    scaled = [(field - field.min()) / (field.max() - field.min()) for field in smooth]
    return (40 + 160 * np.array(scaled)).astype(np.uint8)


def test_thumbnail_is_the_mean_of_areas() -> None:
    frames = _pictures(3, 64)
    expected = frames.reshape(3, 32, 2, 32, 2).mean(axis=(2, 4))
    assert np.abs(thumbnails(frames) - expected).max() <= 0.5


def test_coefficients_are_those_of_the_cosine_transform() -> None:
    frames = _pictures(4)
    coefficients, shows = low_frequencies(frames)
    assert shows.all()
    small = thumbnails(frames).astype(np.float64)
    scaled = (small - small.mean(axis=(1, 2), keepdims=True)) / small.std(axis=(1, 2))[:, None, None]
    spectrum = scipy.fft.dctn(scaled, axes=(1, 2), norm="ortho")
    expected = spectrum[:, :8, :8].reshape(4, 64)
    expected[:, 0] = spectrum[:, 8, 8]
    np.testing.assert_allclose(coefficients, expected, atol=1e-3)


def test_brightness_and_gain_do_not_count() -> None:
    frames = _pictures(4)
    changed = (frames * 0.7 + 30).round().astype(np.uint8)
    np.testing.assert_allclose(low_frequencies(frames)[0], low_frequencies(changed)[0], atol=0.2)
    assert (np.einsum("ij,ij->i", fine_structure(frames), fine_structure(changed)) > 0.99).all()


def test_every_bit_splits_the_frames_in_halves() -> None:
    bits = np.unpackbits(hash_bits(low_frequencies(_pictures(200))[0]), axis=1)
    np.testing.assert_array_equal(bits.sum(axis=0), 100)


def test_a_recompressed_copy_keeps_most_bits_and_its_structure() -> None:
    frames = _pictures(100, 128)
    copies = np.array([cv2.imdecode(cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 0) for f in frames])
    bits = np.unpackbits(hash_bits(low_frequencies(np.concatenate([frames, copies]))[0]), axis=1)
    differing = (bits[:100] != bits[100:]).sum(axis=1)
    strangers = (bits[:99] != bits[1:100]).sum(axis=1)
    assert differing.max() <= 7
    assert strangers.min() > 7
    assert np.einsum("ij,ij->i", fine_structure(frames), fine_structure(copies)).min() > 0.9


def test_flat_frames_show_nothing() -> None:
    frames = np.stack([np.zeros((64, 64), np.uint8), np.full((64, 64), 200, np.uint8), _pictures(1)[0]])
    coefficients, shows = low_frequencies(frames)
    np.testing.assert_array_equal(shows, [False, False, True])
    assert np.isfinite(coefficients).all()
    assert np.isfinite(fine_structure(frames)).all()


def test_no_frames() -> None:
    empty = np.empty((0, 64, 64), np.uint8)
    assert low_frequencies(empty)[0].shape == (0, 64)
    assert hash_bits(low_frequencies(empty)[0]).shape == (0, 8)
    assert fine_structure(empty).shape == (0, 1024)
