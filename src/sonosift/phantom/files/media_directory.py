"""The DICOMDIR of an export: the list of its files, which may point anywhere if somebody means harm."""

from __future__ import annotations

import io

from pydicom import config, dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from sonosift.dicom.encodings import encoding_named
from sonosift.dicom.file_bytes import file_bytes
from sonosift.phantom.paperwork.metadata import ExamHeader, make_uid
from sonosift.phantom.paperwork.planted import Planted

_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
_IN_USE = 0xFFFF
# Out of the folder, to the root of the disk, and through a name that only looks harmless.
_HOSTILE_IDS = (
    ["..", "..", "..", "..", "..", "etc", "passwd"],
    ["/etc/passwd"],
    ["IMAGES", "..", "..", "..", "SECRET"],
    ["~", ".ssh", "id_rsa"],
)


def media_directory(header: ExamHeader, files: list[str], planted: Planted, *, hostile: bool) -> bytes:
    """Return the DICOMDIR that lists ``files`` (names beside it).

    Args:
        header: Of the exam.
        files: Names of the DICOM files.
        planted: Collects identity: the patient record holds name and number.
        hostile: Whether the first records point out of the folder instead.
    """
    patient, study = _record("PATIENT"), _record("STUDY")
    patient.PatientName = planted.plant("name", header.patient.screen_name)
    patient.PatientID = planted.plant("id", header.patient.number)
    study.StudyDate = planted.plant("date", header.when.strftime("%Y%m%d"))
    study.StudyTime = header.when.strftime("%H%M%S")
    study.StudyInstanceUID = planted.plant("uid", make_uid(header.seed, header.exam, "study"))
    study.StudyID = ""
    series = _record("SERIES")
    series.Modality, series.SeriesNumber = "US", 1
    series.SeriesInstanceUID = planted.plant("uid", make_uid(header.seed, header.exam, "series"))
    pointers = [[name] for name in files]
    if hostile:
        pointers = [*_HOSTILE_IDS, *pointers[len(_HOSTILE_IDS) :]]
    images = []
    for number, pointer in enumerate(pointers, start=1):
        image = _record("IMAGE")
        # Names of real exports break the rules too: pydicom need not warn of each.
        image["ReferencedFileID"] = DataElement("ReferencedFileID", "CS", pointer, validation_mode=config.IGNORE)
        image.InstanceNumber = number
        images.append(image)
    directory = Dataset()
    directory.SOPClassUID = _MEDIA_DIRECTORY
    directory.SOPInstanceUID = make_uid(header.seed, header.exam, "directory")
    directory.FileSetID = "EXPORT"
    directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    directory.FileSetConsistencyFlag = 0
    directory.DirectoryRecordSequence = Sequence([patient, study, series, *images])
    return _with_offsets(directory)


def _record(kind: str) -> Dataset:
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = _IN_USE
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = kind
    return record


def _with_offsets(directory: Dataset) -> bytes:
    """Write twice: only a written file tells where its records lie, and filling in the numbers moves nothing."""
    encoding = encoding_named("explicit-little-endian")
    first = dcmread(io.BytesIO(file_bytes(directory, encoding)))
    places = [int(record.seq_item_tell) for record in first.DirectoryRecordSequence]
    records = list(directory.DirectoryRecordSequence)
    directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = places[0]
    directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = places[0]
    for level in range(min(3, len(records) - 1)):  # patient, study, and series lead to the level below
        records[level].OffsetOfReferencedLowerLevelDirectoryEntity = places[level + 1]
    for place, record in zip(places[4:], records[3:], strict=False):
        record.OffsetOfTheNextDirectoryRecord = place
    directory.DirectoryRecordSequence = Sequence(records)
    return file_bytes(directory, encoding)
