"""Zip files, manifests, path patterns, rules of scope and forgotten patients, through whole ingests of few files."""

import json
import zipfile

import numpy as np
import polars as pl
import pytest
import yaml

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.forgotten import Forgotten
from sonosift.commands.ingest import ingest
from sonosift.errors import SonosiftError
from sonosift.ingest.settings import IngestSettings
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.ingest.conftest import fan_frames, write_dicom, write_png

KEY = bytes(32)
NAMES = Pseudonyms(KEY)


def study(archive, patient, number, **values):
    return write_dicom(archive / f"{patient}_{number}.dcm", fan_frames(1, number), patient, f"1.{number}", **values)


def take(archive, folder, **settings):
    return ingest(archive, folder, size=32, workers=1, **settings)


def cohort_at(path):
    return Cohort.create(path, size=32, key=KEY, preprocessing=IngestSettings().preprocessing)


def frames_by_id(cohort):
    return dict(zip(cohort.frames.frame_ids, cohort.frames.all(), strict=True))


def test_a_zip_gives_what_its_files_give(tmp_path):
    loose, packed = tmp_path / "loose", tmp_path / "packed"
    packed.mkdir()
    files = [study(loose / "export", "P1", number) for number in (1, 2)]
    (loose / "export/notes.txt").write_text("call the ward")
    (loose / "export/cut.dcm").write_bytes(files[0].read_bytes()[:700])
    with zipfile.ZipFile(packed / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((loose / "export").iterdir()):
            archive.write(file, f"DICOM/{file.name}")
    cohorts = [cohort_at(tmp_path / name) for name in ("a", "b")]
    one, other = take(loose, cohorts[0].path), take(packed, cohorts[1].path)
    for name in ("files", "ingested", "quarantined", "skipped", "reasons", "patients", "exams", "frames"):
        assert getattr(one, name) == getattr(other, name), name
    assert (other.files, other.frames) == (4, 2)
    expected, found = (frames_by_id(cohort) for cohort in cohorts)
    assert expected.keys() == found.keys()
    for frame_id, frame in expected.items():
        np.testing.assert_array_equal(frame, found[frame_id])
    sources = {(source.path, source.member): source.state for source in cohorts[1].private.sources.all()}
    assert sources == {
        ("export.zip", "DICOM/P1_1.dcm"): "ingested",
        ("export.zip", "DICOM/P1_2.dcm"): "ingested",
        ("export.zip", "DICOM/cut.dcm"): "quarantined",
        ("export.zip", "DICOM/notes.txt"): "skipped",
    }
    # The zip grows: what was in it stays as it is.
    before = cohorts[1].catalog()
    with zipfile.ZipFile(packed / "export.zip", "a") as archive:
        archive.write(study(tmp_path, "P2", 3), "DICOM/new.dcm")
    grown = take(packed, cohorts[1].path)
    assert (grown.files, grown.frames) == (5, 3)
    assert cohorts[1].catalog().head(2).equals(before)
    assert take(packed, cohorts[1].path).frames_per_second == 0


def test_a_manifest_says_who_and_what(tmp_path):
    archive = tmp_path / "archive"
    study(archive, "P1", 1)
    write_png(archive / "a.png", 2)
    write_png(archive / "b.png", 3)
    table = tmp_path / "table.csv"
    table.write_text("file,patient,exam,labels\na.png,P1,1.1,liver;kidney\nP1_1.dcm,,,spleen\ngone.png,P9,,\n")
    cohort = cohort_at(tmp_path / "cohort")
    summary = take(archive, cohort.path, manifest=table)
    assert summary.manifest == {
        "listed and in the archive": 2,
        "listed but not in the archive": 1,
        "in the archive but not listed": 1,
    }
    assert summary.patients_known_from["manifest"] == 1
    rows = cohort.catalog().join(cohort.frames_by_source(), on="frame_id")
    owners = {path: (patient, exam) for path, patient, exam in rows.select("path", "patient", "exam").iter_rows()}
    patient = NAMES.patient("", "P1")
    assert owners["a.png"] == owners["P1_1.dcm"] == (patient, NAMES.exam(patient, "1.1"))
    clips = rows.sort("path")["clip"].to_list()
    ids = rows.sort("path")["frame_id"].to_list()
    matrix, known = cohort.annotations.label_matrix(ids, clips=clips)
    said = {
        path: cohort.settings.label_space.decode(row)
        for path, row, there in zip(rows.sort("path")["path"], matrix, known, strict=True)
        if there
    }
    assert said == {"a.png": ("liver", "kidney"), "P1_1.dcm": ("spleen",)}
    assert set(cohort.annotations.history()["source"]) == {"manifest"}
    # The same table again says nothing new; a corrected one does.
    take(archive, cohort.path, manifest=table)
    assert len(cohort.annotations) == 2
    table.write_text("file,labels\na.png,liver\nP1_1.dcm,spleen\n")
    take(archive, cohort.path, manifest=table)
    assert len(cohort.annotations) == 3


def test_a_still_that_comes_later_is_known_by_the_number_in_its_name(tmp_path):
    """Alone in a folder of its own, of a patient whose files came in before: as if all had come at once."""
    archive, both = tmp_path / "archive", tmp_path / "both"
    for folder in (archive, both):
        study(folder / "ward", "100200", 1)
        study(folder / "ward", "100300", 2)
    late = write_png(both / "shots/x_100200.png", 3)
    at_once, grown = cohort_at(tmp_path / "a"), cohort_at(tmp_path / "b")
    take(both, at_once.path)
    take(archive, grown.path)
    (archive / "shots").mkdir()
    (archive / "shots/x_100200.png").write_bytes(late.read_bytes())
    assert take(archive, grown.path).patients_known_from == {"patient id in the path": 1}
    ids, expected = ({*cohort.catalog()["patient"]} for cohort in (grown, at_once))
    assert ids == expected == {NAMES.patient("", "100200"), NAMES.patient("", "100300")}


def test_a_pattern_names_patients_and_says_where_it_does_not_fit(tmp_path):
    archive = tmp_path / "archive"
    for number, name in enumerate(("P1/e1/a.png", "P1/e2/b.png", "P2/e1/c.png", "loose.png")):
        write_png(archive / name, number)
    cohort = cohort_at(tmp_path / "cohort")
    summary = take(archive, cohort.path, patient_from="{patient}/{exam}/*")
    assert summary.unmatched_paths == 1
    assert summary.patients_known_from["path pattern"] == 3
    assert (summary.patients, summary.exams) == (3, 4)
    assert NAMES.patient("", "P2") in set(cohort.catalog()["patient"])


def test_rules_of_scope_leave_out_and_count(tmp_path):
    archive = tmp_path / "archive"
    study(archive, "P1", 1, BodyPartExamined="ABDOMEN", StudyDescription="US LIVER")
    study(archive, "P2", 2, BodyPartExamined="ABDOMEN", StudyDescription="US Biopsy liver")
    study(archive, "P3", 3, BodyPartExamined="THYROID", StudyDescription="US THYROID")
    write_png(archive / "shot.png", 4)
    (archive / "notes.txt").write_text("x")
    cohort = tmp_path / "cohort"
    rules = {"include": ["body_part=abdomen"], "exclude": ["study_description=*BIOPSY*", "mode=doppler"]}
    summary = take(archive, cohort, **rules)
    assert (summary.files, summary.ingested, summary.skipped, summary.frames) == (5, 1, 4, 1)
    assert summary.reasons == {"not_an_image": 1, "out_of_scope": 3}
    flow = json.loads((cohort / "flow.json").read_text())
    steps = {step["title"]: (step["files"], step["exams"], step["patients"]) for step in flow["steps"]}
    assert steps["readable"] == (4, 4, 4)
    assert steps["body_part=abdomen"] == (2, 2, 2)
    assert steps["not study_description=*BIOPSY*"] == steps["not mode=doppler"] == steps["in the cohort"] == (1, 1, 1)
    assert flow["frames"] == 1
    # Without rules on the command line those of the cohort stand; edited ones bring in what they now allow.
    assert take(archive, cohort).frames == 1
    with pytest.raises(SonosiftError, match="other rules"):
        take(archive, cohort, include=["modality=US"])
    settings = yaml.safe_load((cohort / "cohort.yaml").read_text())
    settings["scope"] = {"exclude": ["body_part=thyroid"]}
    (cohort / "cohort.yaml").write_text(yaml.safe_dump(settings))
    wider = take(archive, cohort)
    assert (wider.frames, wider.skipped) == (3, 2)


def test_a_forgotten_patient_never_comes_back(tmp_path):
    archive = tmp_path / "archive"
    study(archive, "P1", 1)
    cohort = cohort_at(tmp_path / "cohort")
    Forgotten(cohort.private_path).add(NAMES.patient("", "P2"))
    first = study(archive, "P2", 2)
    summary = take(archive, cohort.path)
    assert (summary.frames, summary.reasons) == (1, {"forgotten": 1})
    # Touched, copied under another name, or moved into a zip: still forgotten.
    with zipfile.ZipFile(archive / "more.zip", "w") as packed:
        packed.write(first, "x.dcm")
    first.touch()
    again = take(archive, cohort.path)
    assert (again.frames, again.reasons) == (1, {"forgotten": 2})
    kept = cohort.catalog().filter(pl.col("patient") == NAMES.patient("", "P2"))
    assert kept.is_empty()


def test_frames_of_any_shape(tmp_path):
    archive = tmp_path / "archive"
    study(archive, "P1", 1)
    ingest(archive, tmp_path / "cohort", size="24x40", workers=1)
    cohort = Cohort.open(tmp_path / "cohort")
    assert cohort.frames.all().shape == (1, 24, 40)
    row = cohort.catalog().row(0, named=True)
    assert row["scale"] == pytest.approx(min(24 / row["crop_h"], 40 / row["crop_w"]))
    with pytest.raises(SonosiftError, match="size 24x40"):
        ingest(archive, tmp_path / "cohort", size=40, workers=1)
    for wrong in ("24x", "0x40", "24x40x3", "big", "-5"):
        with pytest.raises(SonosiftError):
            ingest(archive, tmp_path / "other", size=wrong, workers=1)
