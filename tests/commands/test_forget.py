from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.forgotten import Forgotten
from sonosift.cohort.writer import CohortWriter
from sonosift.commands.forget import forget
from sonosift.commands.inspect import inspect
from sonosift.commands.report import report
from sonosift.errors import SonosiftError
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.cohort.conftest import KEY, frame_images, frame_rows

NUMBER, ISSUER = "MRN-0042", "Valmont Clinic"


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    made = Cohort.create(tmp_path / "cohort", size=16, key=KEY)
    rows = frame_rows(24)
    for row in rows[12:]:
        row["patient"] = Pseudonyms(KEY).patient(ISSUER, NUMBER)
    with CohortWriter(made) as writer:
        writer.append(frame_images(24, 16), rows)
    return made


def test_the_key_finds_the_patient(cohort: Cohort) -> None:
    missed = forget(cohort.path, patient_from_key=NUMBER)
    assert missed.frames == 0
    assert "Check the number" in missed.describe()
    done = forget(cohort.path, patient_from_key=f" {NUMBER.lower()}", issuer=ISSUER.upper())
    assert (done.frames, done.clips, done.exams, done.trained_on) == (12, 4, 2, [])
    assert done.patient == Pseudonyms(KEY).patient(ISSUER, NUMBER)
    assert f"subfolder {done.patient}" in done.describe()
    assert NUMBER not in done.describe()
    assert inspect(cohort.path).frames == 12
    assert len(Forgotten(cohort.private_path).all()) == 2


def test_one_patient_has_to_be_named(cohort: Cohort) -> None:
    for named in ({}, {"patient": "a" * 32, "patient_from_key": NUMBER}):
        with pytest.raises(SonosiftError, match="one patient"):
            forget(cohort.path, **named)
    (cohort.private_path / "key").write_bytes(bytes(32))
    with pytest.raises(SonosiftError, match="key of another cohort"):
        forget(cohort.path, patient="a" * 32)
    assert inspect(cohort.path).frames == 24


def test_the_cohort_still_reports(judged_cohort: Cohort) -> None:
    patient = judged_cohort.splits.get().patients("train")[0]
    ids = judged_cohort.catalog().filter(judged_cohort.catalog()["patient"] == patient)["frame_id"].to_list()
    shown = report(judged_cohort.path)
    done = forget(judged_cohort.path, patient=patient)
    assert done.frames == len(ids) == 8
    assert set(done.trained_on) == {"pretrain", "cluster", "train"}
    assert not Path(shown.report).exists()
    again = report(judged_cohort.path)
    assert again.runs == shown.runs
    opened = Cohort.open(judged_cohort.path)
    assert np.isin(ids, opened.catalog()["frame_id"].to_list()).sum() == 0
    assert opened.splits.make({"train": 0.5, "validation": 0.25, "test": 0.25}).leaking_patients() == []
