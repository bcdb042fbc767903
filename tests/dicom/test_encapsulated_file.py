"""Streamed files against pydicom's own encapsulation of the same items."""

import io
import itertools

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from sonosift.dicom import encapsulated_file
from sonosift.dicom.codecs import encode_frame
from sonosift.dicom.encapsulated_file import write_encapsulated
from sonosift.dicom.encodings import encoding_named
from sonosift.dicom.file_bytes import file_bytes
from sonosift.dicom.pixel_module import set_pixels

FRAMES = np.random.default_rng(3).integers(0, 256, (4, 21, 17), dtype=np.uint8)


def _dataset(frames=FRAMES):
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.3.1", "2.25.7"
    dataset.NumberOfFrames = len(frames)
    set_pixels(dataset, frames, encoding_named("jpeg-ls"), "MONOCHROME2")
    return dataset


def _items(frames=FRAMES):
    return [encode_frame(frame, encoding_named("jpeg-ls"), "MONOCHROME2") for frame in frames]


def _written(path, items, **kwargs):
    dataset = _dataset()
    del dataset.PixelData
    lengths = kwargs.get("lengths", [len(item) for item in items])
    write_encapsulated(path, dataset, encoding_named(kwargs.get("encoding", "jpeg-ls")), lengths, iter(items))
    return path.read_bytes()


def test_the_bytes_are_those_of_pydicom(tmp_path):
    items = _items()
    assert {len(item) % 2 for item in items} == {0, 1}  # padding is seen
    assert _written(tmp_path / "a.dcm", items) == file_bytes(_dataset(), encoding_named("jpeg-ls"))


def test_offsets_that_do_not_fit_go_into_the_extended_table(tmp_path, monkeypatch):
    monkeypatch.setattr(encapsulated_file, "_LARGEST_BASIC_OFFSET", 500)
    items = _items()
    data = _written(tmp_path / "a.dcm", items)
    dataset = dcmread(io.BytesIO(data))
    starts = itertools.accumulate((len(item) + len(item) % 2 + 8 for item in items[:-1]), initial=0)
    assert np.frombuffer(dataset.ExtendedOffsetTable, "<u8").tolist() == list(starts)
    assert np.frombuffer(dataset.ExtendedOffsetTableLengths, "<u8").tolist() == [len(item) for item in items]
    assert (dataset.pixel_array == FRAMES).all()


def test_promises_are_kept(tmp_path):
    items = _items()
    with pytest.raises(ValueError, match="announced with 1"):
        _written(tmp_path / "a.dcm", items, lengths=[1, 1, 1, 1])
    with pytest.raises(ValueError, match=r"shorter|longer"):
        _written(tmp_path / "a.dcm", items, lengths=[len(item) for item in items[:2]])
    with pytest.raises(ValueError, match="not compressed"):
        _written(tmp_path / "a.dcm", items, encoding="explicit-little-endian")
