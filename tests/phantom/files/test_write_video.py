"""Video and still exports, read back with PyAV and Pillow."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from sonosift.phantom.files.write_still import png_bytes
from sonosift.phantom.files.write_video import mp4_bytes


def clip(colour):
    rows, columns = np.mgrid[0:96, 0:128]
    frames = np.stack([(rows + 2 * columns + 9 * t) % 200 for t in range(12)]).astype(np.uint8)
    return np.repeat(frames[..., None], 3, axis=3) if colour else frames


@pytest.mark.parametrize("colour", [True, False])
def test_frames_rate_and_pixels_come_back(colour):
    frames = clip(colour)
    with av.open(io.BytesIO(mp4_bytes(frames, 8.0))) as container:
        stream = container.streams.video[0]
        back = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(stream)])
        assert float(stream.average_rate) == 8.0
    assert back.shape == (12, 96, 128, 3)
    wanted = frames if colour else np.repeat(frames[..., None], 3, axis=3)
    error = np.mean((back.astype(float) - wanted) ** 2)
    assert 10 * np.log10(255**2 / error) > 28


def test_same_frames_same_bytes():
    assert mp4_bytes(clip(True), 7.0) == mp4_bytes(clip(True), 7.0)
    assert mp4_bytes(clip(True), 7.0) != mp4_bytes(clip(True)[::-1], 7.0)


@pytest.mark.parametrize("colour", [True, False])
def test_stills_are_exact(colour):
    picture = clip(colour)[3]
    assert (np.asarray(Image.open(io.BytesIO(png_bytes(picture)))) == picture).all()
    assert Image.open(io.BytesIO(png_bytes(picture))).info == {}
