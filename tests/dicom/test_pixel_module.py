"""Every encoding and colour model: written by us, read by an independent decoder."""

import io

import cv2
import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels import apply_color_lut

from sonosift.dicom.encodings import ENCODINGS, encoding_named
from sonosift.dicom.file_bytes import file_bytes
from sonosift.dicom.pixel_module import set_pixels

COMBINATIONS = [(e.name, p) for e in ENCODINGS.values() for p in e.photometrics]


def pictures(count=3, height=62, width=90):
    noise = np.random.default_rng(7).integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    smooth = np.stack([cv2.GaussianBlur(frame, (0, 0), 5) for frame in noise])
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)


def palette():
    return np.random.default_rng(8).integers(0, 256, (256, 3), dtype=np.uint8)


def written(name, photometric, frames, **options):
    encoding = encoding_named(name)
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.3.1", "2.25.1"
    dataset.NumberOfFrames = len(frames)
    if photometric == "PALETTE COLOR":
        options["palette"] = palette()
    set_pixels(dataset, frames, encoding, photometric, **options)
    return file_bytes(dataset, encoding)


def decoded(data):
    dataset = dcmread(io.BytesIO(data))
    if dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.70":
        # pydicom has no free decoder for this one; libjpeg-turbo wrote it, the Stanford decoder reads it.
        items = generate_frames(dataset.PixelData, number_of_frames=int(dataset.NumberOfFrames))
        return dataset, np.stack([imagecodecs.jpegsof3_decode(item) for item in items])
    return dataset, dataset.pixel_array


@pytest.mark.parametrize(("name", "photometric"), COMBINATIONS)
def test_round_trip(name, photometric):
    frames = pictures()
    if photometric in ("MONOCHROME2", "PALETTE COLOR"):
        frames = np.ascontiguousarray(frames[..., 0])
    dataset, back = decoded(written(name, photometric, frames))
    assert dataset.PhotometricInterpretation == photometric
    assert back.shape == frames.shape
    error = np.abs(back.astype(int) - frames)
    if photometric == "YBR_FULL":
        assert error.max() <= 1  # two roundings
    elif not encoding_named(name).lossless or photometric == "YBR_FULL_422":
        assert 10 * np.log10(255**2 / np.mean(error.astype(float) ** 2)) > 32
    else:
        assert error.max() == 0
    if photometric == "PALETTE COLOR":
        assert (apply_color_lut(back, dataset) // 257 == palette()[frames]).all()


@pytest.mark.parametrize("offset_table", ["basic", "extended", "none"])
def test_offset_tables_do_not_change_the_frames(offset_table):
    frames = np.ascontiguousarray(pictures()[..., 0])
    _, back = decoded(written("jpeg-ls", "MONOCHROME2", frames, offset_table=offset_table))
    assert (back == frames).all()


def test_a_frame_in_several_fragments():
    frames = np.ascontiguousarray(pictures()[..., 1])
    whole = written("rle", "MONOCHROME2", frames)
    cut = written("jpeg-2000-lossless", "MONOCHROME2", frames, fragments_per_frame=3)
    assert (decoded(whole)[1] == decoded(cut)[1]).all()


def test_jpeg_lossless_uses_selection_value_one():
    data = written("jpeg-lossless", "RGB", pictures(1))
    scan = data.index(b"\xff\xda")  # start of scan: length, count, two bytes per component, then the predictor
    components = data[scan + 4]
    assert data[scan + 5 + 2 * components] == 1
    assert b"\xff\xc3" in data


def test_one_pixel_and_odd_sizes_survive():
    for shape in ((1, 1, 1), (1, 3, 5)):
        frames = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
        assert (decoded(written("explicit-little-endian", "MONOCHROME2", frames))[1].ravel() == frames.ravel()).all()


@pytest.mark.parametrize(
    ("name", "photometric", "shape", "message"),
    [
        ("jpeg-baseline", "PALETTE COLOR", (1, 8, 8), "does not carry"),
        ("rle", "RGB", (1, 8, 8), r"\[n, H, W, 3\]"),
        ("rle", "MONOCHROME2", (1, 8, 8, 3), r"\[n, H, W\]"),
    ],
)
def test_mismatches_are_refused(name, photometric, shape, message):
    with pytest.raises(ValueError, match=message):
        written(name, photometric, np.zeros(shape, dtype=np.uint8))


def test_a_palette_is_wanted_only_for_palette_colour():
    with pytest.raises(ValueError, match="palette"):
        written("rle", "MONOCHROME2", np.zeros((1, 8, 8), dtype=np.uint8), palette=palette())


@pytest.mark.parametrize("name", [e.name for e in ENCODINGS.values() if e.encapsulated and e.lossless])
def test_noise_that_grows_when_compressed_survives(name):
    noise = np.random.default_rng(9).integers(0, 256, (1, 240, 320, 3), dtype=np.uint8)
    frames, photometric = (
        (noise, "RGB") if "RGB" in encoding_named(name).photometrics else (noise[..., 0], "MONOCHROME2")
    )
    assert (decoded(written(name, photometric, frames))[1].reshape(frames.shape) == frames).all()
