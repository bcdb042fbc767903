"""Small DICOM files in every encoding, written with pydicom and independent encoders."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, RLELossless, generate_uid

from sonosift.archive.unreadable import Reason
from sonosift.ingest.clip_job import DecodeJob, LookJob, WorkerSettings
from sonosift.ingest.worker_pool import WorkerPool

ENCAPSULATED = {
    "1.2.840.10008.1.2.4.50": lambda frame: imagecodecs.jpeg8_encode(frame, level=98),
    "1.2.840.10008.1.2.4.51": lambda frame: imagecodecs.jpeg8_encode(
        frame, level=98, bitspersample=8 if frame.itemsize == 1 else 12
    ),
    "1.2.840.10008.1.2.4.57": lambda frame: imagecodecs.ljpeg_encode(frame, bitspersample=frame.itemsize * 8),
    "1.2.840.10008.1.2.4.70": lambda frame: imagecodecs.jpeg8_encode(
        frame,
        lossless=True,
        predictor=1,
        colorspace=None if frame.ndim == 2 else "RGB",
        outcolorspace=None if frame.ndim == 2 else "RGB",
    ),
    "1.2.840.10008.1.2.4.80": imagecodecs.jpegls_encode,
    "1.2.840.10008.1.2.4.81": lambda frame: imagecodecs.jpegls_encode(frame, level=2),
    "1.2.840.10008.1.2.4.90": lambda frame: imagecodecs.jpeg2k_encode(
        frame, level=0, codecformat="J2K", reversible=True
    ),
    "1.2.840.10008.1.2.4.91": lambda frame: imagecodecs.jpeg2k_encode(
        frame, level=45, codecformat="J2K", reversible=False, mct=frame.ndim == 3
    ),
    "1.2.840.10008.1.2.4.201": lambda frame: imagecodecs.htj2k_encode(frame, reversible=True),
    "1.2.840.10008.1.2.4.202": lambda frame: imagecodecs.htj2k_encode(frame, reversible=True),
    "1.2.840.10008.1.2.4.203": lambda frame: imagecodecs.htj2k_encode(frame, level=0.002, reversible=False),
}


def make_dicom(
    path: Path,
    frames: np.ndarray,
    syntax: str,
    photometric: str = "MONOCHROME2",
    items: Sequence[bytes] | None = None,
    offsets: Sequence[int] = (),
    **values: object,
) -> Path:
    """Write ``frames`` [n, H, W] or [n, H, W, 3] as they are; ``values`` are further header elements by keyword.

    With ``items``, these and the table of ``offsets`` become the pixel data, right or wrong.
    """
    uid = UID(syntax)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.Modality = "US"
    dataset.Rows, dataset.Columns = frames.shape[1:3]
    dataset.NumberOfFrames = len(frames)
    dataset.SamplesPerPixel = 3 if frames.ndim == 4 else 1
    if frames.ndim == 4:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = dataset.BitsStored = 8 * frames.itemsize
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, int(frames.dtype.kind == "i")
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    if items is not None:
        dataset["PixelData"] = DataElement("PixelData", "OB", _in_items(items, offsets), is_undefined_length=True)
    elif str(uid) in ENCAPSULATED:
        dataset.PixelData = encapsulate([ENCAPSULATED[str(uid)](frame) for frame in frames])
    else:
        order = "<" if uid.is_little_endian else ">"
        dataset.PixelData = frames.astype(frames.dtype.newbyteorder(order)).tobytes()
        dataset.PixelData += b"\0" * (len(dataset.PixelData) % 2)
    dataset["PixelData"].VR = "OB" if frames.itemsize == 1 or items is not None else "OW"
    if uid == RLELossless and items is None:
        dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1")
        dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _in_items(items: Sequence[bytes], offsets: Sequence[int]) -> bytes:
    whole = b""
    for item in (struct.pack(f"<{len(offsets)}I", *offsets), *items):
        whole += b"\xfe\xff\0\xe0" + struct.pack("<I", len(item)) + item
    return whole + b"\xfe\xff\xdd\xe0\0\0\0\0"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a DICOM file and gives its path."""
    return lambda frames, syntax="1.2.840.10008.1.2.1", photometric="MONOCHROME2", **values: make_dicom(
        tmp_path / "file_without_extension", frames, syntax, photometric, **values
    )


@pytest.fixture
def grey_frames() -> np.ndarray:
    """Three smooth and different frames."""
    y, x = np.mgrid[0:48, 0:64]
    return np.stack([(2 * x + y + 30 * k) % 256 for k in range(3)]).astype(np.uint8)


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """Return a pool of one real decoding child."""
    spool = tmp_path_factory.mktemp("spool")
    settings = WorkerSettings(bytes(32).hex(), (32, 32), 3.0, "paper", str(spool), str(spool))
    with WorkerPool(settings, workers=1, base_seconds=60.0) as running:
        yield running
    assert [file.name for file in spool.iterdir() if file.name.startswith("member-")] == []


@pytest.fixture
def fate(pool: WorkerPool) -> Callable[..., Reason | None]:
    """Return a function that tells what the child says of a file, looking and decoding, and that it survived."""

    numbers = itertools.count()

    def of(path: Path, member: str = "") -> Reason | None:
        on_disk = path.lstat()
        where = (str(path), member, "0", on_disk.st_mtime_ns, on_disk.st_size, on_disk.st_size)
        jobs = [LookJob(str(path), member), DecodeJob(*where, "i", f"{next(numbers):032x}", "e", "p")]
        answers = [answer for _, answer in pool.run(jobs)]
        reasons = [Reason(answer["reason"]) for answer in answers if answer["reason"]]
        assert not {Reason.DECODER_DIED, Reason.TOO_SLOW} & set(reasons)
        return reasons[0] if reasons else None

    return of
