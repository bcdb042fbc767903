"""Write a dataset as a DICOM file whose bytes depend on its content alone."""

from __future__ import annotations

from io import BytesIO

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from sonosift.dicom.encodings import Encoding

# Fixed, so that a newer pydicom does not change the bytes of a file.
IMPLEMENTATION_CLASS_UID = "2.25.215283720958763411803542077340936124171"
IMPLEMENTATION_VERSION = "SONOSIFT_1"


def file_bytes(dataset: Dataset, encoding: Encoding) -> bytes:
    """Return the whole file: preamble, file meta information and ``dataset`` in ``encoding``.

    ``dataset`` must hold its SOPClassUID and SOPInstanceUID.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(encoding.uid)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION
    dataset.file_meta = meta
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
