from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.writer import CohortWriter
from sonosift.commands.verify import verify
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.cohort.conftest import KEY, frame_rows
from tests.verify.conftest import SIDE, speckle
from tests.verify.test_harvest_file import dicom

NAMES = Pseudonyms(KEY)
PATIENT, CLIP = NAMES.patient("", "MRN-55012"), NAMES.clip("2.25.111222333")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    dicom(folder / "IM1", depth=2)
    return folder


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    """Three frames of the archive's one patient."""
    made = Cohort.create(tmp_path / "cohort", size=SIDE, key=KEY)
    rows = frame_rows(3)
    for row in rows:
        row.update(
            patient=PATIENT, clip=CLIP, exam=NAMES.exam(PATIENT, "2.25.444555666"), crop_x=0, crop_y=0, crop_w=SIDE,
            crop_h=SIDE, scale=1.0, pad_y=0, source_height=SIDE, source_width=SIDE,
        )  # fmt: skip
    with CohortWriter(made) as writer:
        writer.append(speckle(3), rows)
    return made


def test_a_clean_cohort(cohort: Cohort, archive: Path) -> None:
    summary = verify(cohort.path, against=archive)
    assert summary.passed
    assert (summary.exit_code, summary.tokens_found, summary.frames_doubted) == (0, 0, 0)
    assert (summary.frames_checked, summary.frames_read) == (3, 3)
    assert summary.terms_searched > 20
    folder = Path(summary.report).parent
    assert folder == cohort.private_path / "verify"
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    assert json.loads((folder / "report.json").read_text())["passed"] is True
    page = Path(summary.report).read_text()
    assert "Nothing found" in page
    assert not re.search(r"(?:src|href)=.(?!data:)", page)


def test_the_mapping_of_old_and_new_identifiers(cohort: Cohort, archive: Path) -> None:
    dicom(archive / "not in the cohort").write_bytes(
        (archive / "IM1").read_bytes().replace(b"2.25.111222333", b"2.25.999222333")
    )
    folder = Path(verify(cohort.path, against=archive, ocr=False).report).parent
    patients = list(csv.reader((folder / "patid_mapping.csv").open()))
    assert patients == [["id_old", "id_new"], ["MRN-55012", PATIENT]]
    uids = list(csv.reader((folder / "uid_mapping.csv").open()))
    assert uids == [
        ["id_old", "id_new"],
        ["2.25.111222333", CLIP],
        ["2.25.444555666", NAMES.exam(PATIENT, "2.25.444555666")],
    ]


def test_a_finding_fails_and_is_named_in_the_private_report_only(cohort: Cohort, archive: Path) -> None:
    (cohort.path / "notes.txt").write_text("ask Achterberg")
    file = cohort.path / "frames" / "00000.npy"
    frames = np.load(file)
    cv2.putText(frames[1], "JOSEFINE", (8, 52), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
    with file.open("wb") as handle:
        np.save(handle, frames)
    summary = verify(cohort.path, against=archive)
    assert not summary.passed
    assert summary.exit_code == 1
    assert summary.tokens_found == 2
    assert summary.frames_doubted == 1
    assert summary.folder_findings == 1
    told = summary.describe() + summary.model_dump_json()
    assert "chterberg" not in told
    assert "osefine" not in told.lower()
    page = Path(summary.report).read_text()
    assert "achterberg" in page.lower()
    assert "Look at this" in page
    assert page.count("data:image/jpeg;base64,") >= 1
    kinds = {row["kind"] for row in csv.DictReader((Path(summary.report).parent / "findings.csv").open())}
    assert {"term", "text_read", "folder"} <= kinds


def test_a_colleague_without_the_key_can_check_too(cohort: Cohort) -> None:
    import shutil

    shutil.rmtree(cohort.private_path)
    summary = verify(cohort.path, ocr=False)
    assert summary.passed
    assert summary.terms_searched == 0
