from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from sonosift.cohort.cohort import Cohort
from sonosift.privacy.pseudonyms import Pseudonyms
from sonosift.verify.verify_cohort import Findings, verify_cohort
from tests.cohort.conftest import KEY

NAMES = Pseudonyms(KEY)
PATIENT = NAMES.patient("", "MRN-55012")
OLD = {"SOPInstanceUID": "2.25.111222333", "StudyInstanceUID": "2.25.444555666"}


def save(path: Path, **elements: object) -> Path:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return path


def good() -> dict[str, object]:
    return {
        "SOPInstanceUID": NAMES.uid(OLD["SOPInstanceUID"]),
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1",
        "StudyInstanceUID": NAMES.uid(OLD["StudyInstanceUID"]),
        "PatientID": PATIENT,
        "StudyDate": NAMES.shifted_date(PATIENT, "20190403"),
        "Modality": "US",
    }


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    save(
        tmp_path / "archive" / "IM1",
        **OLD,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.6.1",
        PatientID="MRN-55012",
        PatientName="Achterberg^Josefine",
        StudyDate="20190403",
        Modality="US",
    )
    return Cohort.create(tmp_path / "cohort", size=32, key=KEY)


def checked(cohort: Cohort, **exported: object) -> tuple[Findings, dict[str, tuple[str, str]]]:
    folder = cohort.path.parent / "exported"
    save(folder / PATIENT / "e" / "c.dcm", **exported)
    found = verify_cohort(cohort, cohort.path.parent / "archive", ocr=False, exported=folder)
    rows = csv.DictReader(io.StringIO(found.mappings["actions.csv"]))
    return found, {row["element"]: (row["action"], row["result"]) for row in rows}


def test_what_became_of_each_element(cohort: Cohort) -> None:
    found, actions = checked(cohort, **good())
    assert found.passed
    assert actions["PatientName"] == ("text_removed", "pass")
    assert actions["PatientID"] == ("patid_consistent", "pass")
    assert actions["StudyDate"] == ("date_shifted", "pass")
    assert actions["SOPInstanceUID"] == actions["StudyInstanceUID"] == ("uid_changed", "pass")


def test_wrong_elements_fail_and_a_name_is_found(cohort: Cohort) -> None:
    wrong = {
        "StudyDate": "20190403",
        "StudyInstanceUID": OLD["StudyInstanceUID"],
        "PatientID": "a" * 32,
        "ImageComments": "seen by Achterberg",
    }
    found, actions = checked(cohort, **good() | wrong)
    assert actions["StudyDate"] == ("date_shifted", "fail")
    assert actions["StudyInstanceUID"] == ("uid_changed", "fail")
    assert actions["PatientID"] == ("patid_consistent", "fail")
    assert actions["SOPInstanceUID"] == ("uid_changed", "pass")
    assert ("achterberg", "ImageComments") in {(hit.what.lower(), hit.where) for hit in found.hits}
    assert not found.passed
