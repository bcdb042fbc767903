"""An archive whose patients a table states otherwise than the headers: the tables of ``verify`` follow the cohort."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from pydicom import dcmread

from sonosift.cohort.cohort import Cohort
from sonosift.commands.ingest import ingest
from sonosift.commands.verify import verify
from tests.ingest.conftest import fan_frames, write_dicom


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One patient by the headers, of whom the table moves a file to another one, exam and all."""
    root = tmp_path_factory.mktemp("stated")
    found = {name: root / name for name in ("archive", "cohort", "exported")}
    for number in (1, 2):
        write_dicom(
            found["archive"] / f"IM{number}", fan_frames(1, number), "MRN-55012", "2.25.444555666",
            SeriesInstanceUID="2.25.777", StudyDate="20240105",
        )  # fmt: skip
    (root / "table.csv").write_text("file,patient,exam\nIM2,MRN-90001,late\n")
    ingest(
        found["archive"], found["cohort"], size=32, workers=1, manifest=root / "table.csv",
        export_dicom=found["exported"],
    )  # fmt: skip
    return found


def tables(folders: dict[str, Path], *, dicom: bool) -> dict[str, list[dict[str, str]]]:
    exported = folders["exported"] if dicom else None
    summary = verify(folders["cohort"], against=folders["archive"], exported=exported, ocr=False)
    folder = Path(summary.report).parent
    return {file.name: list(csv.DictReader(io.StringIO(file.read_text()))) for file in folder.glob("*.csv")}


def test_the_mapping_is_that_of_the_cohort(folders: dict[str, Path]) -> None:
    found = tables(folders, dicom=False)
    catalog = Cohort.open(folders["cohort"]).catalog()
    assert {row["id_new"] for row in found["patid_mapping.csv"]} <= set(catalog["patient"])
    assert {row["id_new"] for row in found["uid_mapping.csv"]} <= {*catalog["clip"], *catalog["exam"]}


def test_exported_files_are_as_they_should_be(folders: dict[str, Path]) -> None:
    found = tables(folders, dicom=True)
    files = [dcmread(path) for path in folders["exported"].rglob("*.dcm")]
    assert len(files) == 2
    assert len({file.PatientID for file in files}) == 2
    assert [row for row in found["actions.csv"] if row["result"] != "pass"] == []
    assert len({row["id_new"] for row in found["actions.csv"]}) == 2
    written = {file[keyword].value for file in files for keyword in ("StudyInstanceUID", "SOPInstanceUID")}
    assert {row["id_new"] for row in found["uid_mapping.csv"] if row["id_old"] != "2.25.777"} <= written
