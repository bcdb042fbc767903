"""A DICOMDIR that other readers follow, and one that leads astray."""

import io
from datetime import date, datetime

import pytest
from pydicom import dcmread

from sonosift.phantom.files.media_directory import media_directory
from sonosift.phantom.paperwork.identities import Hospital, Patient
from sonosift.phantom.paperwork.machine_habits import habits_for
from sonosift.phantom.paperwork.metadata import ExamHeader
from sonosift.phantom.paperwork.planted import Planted

NAMES = [f"IM{number:06d}" for number in range(1, 8)]


def written(*, hostile, names=NAMES):
    patient = Patient("P00001", "Müller", "Zoë", "F", date(1961, 5, 23), "4711234", "A123", "0123-4", "Mill Lane 3")
    hospital = Hospital("Klinikum Nordhaven", "Elm 1", "+49 1", "US", "X_HIS", ("A^B^^Dr", "C^D^^Dr"), ("E^F", "QX"))
    header = ExamHeader(
        1, "P00001-E1", patient, hospital, habits_for(0), "Norlind", "Aurora 7", datetime(2019, 4, 12), "US", "A1",
        "S", "9", "QX",
    )  # fmt: skip
    planted = Planted("P00001")
    return media_directory(header, list(names), planted, hostile=hostile), {token for token, _, _ in planted.rows()}


def pointer(record):
    value = record.ReferencedFileID
    return value if isinstance(value, str) else "/".join(value)


def test_the_records_can_be_walked_by_their_offsets():
    data, tokens = written(hostile=False)
    directory = dcmread(io.BytesIO(data))
    records = {record.seq_item_tell: record for record in directory.DirectoryRecordSequence}
    patient = records[directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity]
    study = records[patient.OffsetOfReferencedLowerLevelDirectoryEntity]
    series = records[study.OffsetOfReferencedLowerLevelDirectoryEntity]
    image = records[series.OffsetOfReferencedLowerLevelDirectoryEntity]
    kinds = [record.DirectoryRecordType for record in (patient, study, series, image)]
    assert kinds == ["PATIENT", "STUDY", "SERIES", "IMAGE"]
    found = []
    while True:
        found.append(pointer(image))
        if not image.OffsetOfTheNextDirectoryRecord:
            break
        image = records[image.OffsetOfTheNextDirectoryRecord]
    assert found == NAMES
    assert {str(patient.PatientName), patient.PatientID, study.StudyDate, study.StudyInstanceUID} <= tokens


@pytest.mark.parametrize("names", [NAMES, []], ids=["files", "no files"])
def test_a_hostile_one_points_out_of_the_archive(names):
    data, _ = written(hostile=True, names=names)
    pointers = [pointer(record) for record in dcmread(io.BytesIO(data)).DirectoryRecordSequence[3:]]
    assert any(".." in found for found in pointers)
    assert any(found.startswith("/") for found in pointers)
