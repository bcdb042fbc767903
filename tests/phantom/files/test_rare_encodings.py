"""Rare encodings hold the same pixels, by pydicom and PyAV."""

import io
from collections import Counter

import av
import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from sonosift.dicom.codecs import encode_frame
from sonosift.dicom.encodings import encoding_named
from sonosift.dicom.file_bytes import file_bytes
from sonosift.phantom.files.rare_encodings import as_extended, encoding_for, rarer, set_any_pixels, stated_photometric
from sonosift.phantom.rare_mess import own_chance


def smooth(count, *shape):
    rng = np.random.default_rng(2)
    ramp = np.linspace(20, 200, shape[1])[None, :, None] + np.linspace(0, 30, shape[0])[:, None, None]
    return (ramp + rng.normal(0, 2, (count, *shape, 3))).clip(0, 255).astype(np.uint8)


def written(frames, coding, rate_hz=None):
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.3.1", "2.25.7"
    dataset.NumberOfFrames = len(frames)
    set_any_pixels(dataset, frames, coding, palette=None, rate_hz=rate_hz, fragments_per_frame=2, offset_table="basic")
    return dcmread(io.BytesIO(file_bytes(dataset, encoding_for(coding))))


@pytest.mark.parametrize("photometric", ["RGB", "MONOCHROME2"])
def test_deflated_pixels_come_back(photometric):
    frames = smooth(2, 20, 30)
    frames = frames if photometric == "RGB" else frames[..., 0]
    back = written(frames, ("deflated-little-endian", photometric))
    assert back.file_meta.TransferSyntaxUID.is_deflated
    assert (back.pixel_array == frames).all()


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "MONOCHROME2"])
def test_extended_jpeg_is_extended_and_reads_like_baseline(photometric):
    frames = smooth(2, 48, 64)
    frames = frames if photometric != "MONOCHROME2" else frames[..., 0]
    back = written(frames, ("jpeg-extended", photometric))
    assert back.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.51"
    for frame, item in zip(frames, generate_frames(back.PixelData, number_of_frames=2), strict=True):
        baseline = encode_frame(frame, encoding_named("jpeg-baseline"), photometric)
        assert item.rstrip(b"\0") == as_extended(baseline).rstrip(b"\0")
        assert (imagecodecs.jpeg8_decode(item) == imagecodecs.jpeg8_decode(baseline)).all()
        assert item.count(b"\xff\xc0") == 0


def test_what_is_no_baseline_jpeg_is_refused():
    with pytest.raises(ValueError, match="baseline"):
        as_extended(b"\xff\xd8\xff\xda\x00\x02")


def test_a_clip_is_one_stream():
    frames = smooth(5, 64, 96)
    back = written(frames, ("mpeg-4-avc", "YBR_FULL_422"), rate_hz=8.0)
    assert back.PhotometricInterpretation == stated_photometric(("mpeg-4-avc", "YBR_FULL_422"))
    stream = next(generate_frames(back.PixelData, number_of_frames=1))
    with av.open(io.BytesIO(stream)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        decoded = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert decoded.shape == frames.shape
    assert np.abs(decoded.astype(int) - frames).mean() < 4


def test_shares_of_rare_encodings():
    plain = [rarer(("explicit-little-endian", "RGB"), clip=False, chance=own_chance(1, i)) for i in range(2000)]
    lossy = [rarer(("jpeg-baseline", "YBR_FULL_422"), clip=True, chance=own_chance(1, i)) for i in range(2000)]
    assert Counter(coding[0] for coding in plain)["deflated-little-endian"] == pytest.approx(160, abs=50)
    assert Counter(coding[0] for coding in lossy)["jpeg-extended"] == pytest.approx(120, abs=45)
    assert Counter(coding[0] for coding in lossy)["mpeg-4-avc"] == pytest.approx(200, abs=55)
    assert {coding[1] for coding in [*plain, *lossy]} == {"RGB", "YBR_FULL_422"}
    assert rarer(None, clip=True, chance=own_chance(1)) is None
    assert all(rarer(("rle", "RGB"), clip=False, chance=own_chance(2, i)) == ("rle", "RGB") for i in range(50))
