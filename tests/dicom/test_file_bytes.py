"""Files whose bytes depend on content alone."""

import io

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from sonosift.dicom.encodings import ENCODINGS, encoding_named
from sonosift.dicom.file_bytes import file_bytes
from sonosift.dicom.pixel_module import set_pixels
from sonosift.dicom.ultrasound_regions import Region, set_regions


def dataset(encoding):
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.6.1", "2.25.77"
    made.PatientName = "Doe^Jane"
    set_regions(made, [Region((10, 20, 109, 219), 0.5), Region((1, 2, 3, 4), 0.25, colour_flow=True)], 3500)
    set_pixels(made, np.arange(64, dtype=np.uint8).reshape(1, 8, 8), encoding, "MONOCHROME2")
    return made


@pytest.mark.parametrize("name", ENCODINGS)
def test_same_content_same_bytes_and_readable(name):
    encoding = encoding_named(name)
    first, second = (file_bytes(dataset(encoding), encoding) for _ in range(2))
    assert first == second
    back = dcmread(io.BytesIO(first))
    assert back.file_meta.TransferSyntaxUID == encoding.uid
    assert back.file_meta.MediaStorageSOPInstanceUID == back.SOPInstanceUID == "2.25.77"
    assert back.PatientName == "Doe^Jane"


def test_regions_are_read_back_in_centimetres():
    encoding = encoding_named("explicit-big-endian")
    tissue, flow = dcmread(io.BytesIO(file_bytes(dataset(encoding), encoding))).SequenceOfUltrasoundRegions
    assert (tissue.RegionLocationMinX0, tissue.RegionLocationMaxY1) == (10, 219)
    assert tissue.PhysicalDeltaX == pytest.approx(0.05)  # 0.5 mm a pixel
    assert (tissue.RegionDataType, flow.RegionDataType) == (1, 2)
    assert tissue.PhysicalUnitsXDirection == 3  # centimetres
    assert tissue.TransducerFrequency == 3500
