"""Every kind of damage makes a file that its reader refuses."""

import io

import av
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from sonosift.dicom.encodings import encoding_named
from sonosift.dicom.file_bytes import file_bytes
from sonosift.dicom.pixel_module import set_pixels
from sonosift.phantom.files.corruption import DAMAGES, leaflet
from sonosift.phantom.files.write_video import mp4_bytes


def good_dicom():
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.6.1", "2.25.1"
    frames = np.random.default_rng(1).integers(0, 256, (1, 60, 80), dtype=np.uint8)
    encoding = encoding_named("explicit-little-endian")
    set_pixels(dataset, frames, encoding, "MONOCHROME2")
    return file_bytes(dataset, encoding)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("seed", range(4))
def test_no_damaged_dicom_yields_pixels(damage, seed):
    whole = good_dicom()
    assert dcmread(io.BytesIO(whole)).pixel_array.shape == (60, 80)
    broken = DAMAGES[damage](whole, np.random.default_rng(seed))
    with pytest.raises((Exception,)):
        dcmread(io.BytesIO(broken)).pixel_array.sum()


@pytest.mark.parametrize("seed", range(4))
def test_a_truncated_video_cannot_be_opened(seed):
    frames = np.random.default_rng(2).integers(0, 256, (10, 64, 64), dtype=np.uint8)
    broken = DAMAGES["truncated"](mp4_bytes(frames, 8.0), np.random.default_rng(seed))
    with pytest.raises(av.FFmpegError), av.open(io.BytesIO(broken)) as container:
        list(container.decode(video=0))


def test_damage_repeats_with_its_seed():
    whole = good_dicom()
    for damage in DAMAGES.values():
        assert damage(whole, np.random.default_rng(5)) == damage(whole, np.random.default_rng(5))


def test_the_leaflet_is_no_image():
    with pytest.raises((Exception,)):
        dcmread(io.BytesIO(leaflet()))
