from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.contact_sheet import chosen_frames, contact_sheet
from sonosift.cohort.writer import CohortWriter
from sonosift.commands.inspect import inspect
from sonosift.errors import SonosiftError
from tests.cohort.conftest import KEY, frame_images, frame_rows


@pytest.fixture
def make_cohort(tmp_path: Path) -> Callable[[int], Cohort]:
    def make(count: int) -> Cohort:
        cohort = Cohort.create(tmp_path / "cohort", size=32, key=KEY)
        with CohortWriter(cohort) as writer:
            rows = frame_rows(count)
            for row in rows[:4]:
                row.update(machine=None, is_doppler=True, burnt_in_label="liver", study_groups=["abdomen", "renal"])
            writer.append(frame_images(count, 32), rows)
        return cohort

    return make


def test_counts(make_cohort: Callable[[int], Cohort]) -> None:
    cohort = make_cohort(60)
    said = [
        Annotation(target_kind="frame", target_id=f"{number:032x}", names=names, author="ann", source="expert")
        for number, names in enumerate([("liver",), ("liver", "kidney"), ("other",), ("liver",)])
    ]
    cohort.annotations.add_many(said)
    cohort.annotations.add("clip", f"c{2:031x}", {"spleen"}, "ann", "csv")
    cohort.quarantine.add([("a" * 32, "truncated"), ("b" * 32, "truncated"), ("c" * 32, "empty")])
    cohort.splits.make()
    cohort.runs.create("pica", {}).finish()
    cohort.runs.create("half", {})
    summary = inspect(cohort.path)
    assert (summary.patients, summary.exams, summary.clips, summary.frames) == (5, 10, 20, 60)
    assert summary.megabytes == pytest.approx(60 * 32 * 32 / 1e6, rel=0.01)
    assert summary.machines == {"machine 0": 32, "machine 1": 24, "unknown": 4}
    assert summary.study_groups == {"abdomen": 60, "renal": 4}
    assert summary.burnt_in_labels == {"liver": 4}
    assert summary.doppler_frames == 4
    assert summary.labelled_frames == 7
    assert summary.class_balance == {
        "liver": 3,
        "gallbladder": 0,
        "other": 1,
        "kidney": 1,
        "pancreas": 0,
        "spleen": 3,
        "bladder": 0,
    }
    assert summary.label_combinations == {"liver": 2, "liver+kidney": 1, "other": 1, "spleen": 3}
    assert next(iter(summary.label_combinations)) == "spleen"
    assert summary.annotations == {"expert": 4, "csv": 1}
    assert summary.quarantine == {"truncated": 2, "empty": 1}
    assert sum(part["frames"] for part in summary.splits["default"].values()) == 60
    assert summary.runs == {"pica": "finished", "half": "not finished"}
    text = summary.describe()
    assert "5 patients, 10 exams, 20 clips and stills, 60 frames" in text
    assert "7 of 60 frames have a label" in text
    assert json.loads(summary.model_dump_json())["frames"] == 60


def test_looking_changes_nothing(make_cohort: Callable[[int], Cohort]) -> None:
    cohort = make_cohort(12)
    before = {path: path.stat().st_mtime_ns for path in cohort.path.rglob("*")}
    inspect(cohort.path)
    assert {path: path.stat().st_mtime_ns for path in cohort.path.rglob("*")} == before


def test_an_empty_cohort(make_cohort: Callable[[int], Cohort], tmp_path: Path) -> None:
    cohort = make_cohort(0)
    summary = inspect(cohort.path)
    assert (summary.frames, summary.patients, summary.labelled_frames) == (0, 0, 0)
    assert "0 frames" in summary.describe()
    assert "gallbladder" not in summary.describe()
    with pytest.raises(SonosiftError, match="no frames to show"):
        inspect(cohort.path, contact_sheet=tmp_path / "sheet.png")


def test_the_sheet_on_disk_shows_the_frames(make_cohort: Callable[[int], Cohort], tmp_path: Path) -> None:
    cohort = make_cohort(24)
    file = tmp_path / "new" / "sheet.png"
    assert inspect(cohort.path, contact_sheet=file).contact_sheet == str(file)
    sheet = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    chosen = chosen_frames(cohort.catalog(), 80)
    np.testing.assert_array_equal(sheet, contact_sheet(cohort.frames.read(chosen)))
    with pytest.raises(SonosiftError, match="PNG"):
        inspect(cohort.path, contact_sheet=tmp_path / "sheet.jpg")


def test_every_patient_before_any_patient_twice(make_cohort: Callable[[int], Cohort]) -> None:
    catalog = make_cohort(60).catalog()
    patient_of = dict(catalog.select("frame_id", "patient").iter_rows())
    chosen = chosen_frames(catalog, 10)
    assert len({patient_of[frame] for frame in chosen[:5]}) == len({patient_of[frame] for frame in chosen[5:]}) == 5
    assert chosen_frames(catalog, 1000)[:10] == chosen
    assert sorted(chosen_frames(catalog, 1000)) == sorted(catalog["frame_id"])
    assert chosen_frames(catalog, 10, seed=1) != chosen


def test_tiles_stand_row_by_row() -> None:
    frames = np.stack([np.full((16, 16), level, np.uint8) for level in (10, 20, 30)])
    sheet = contact_sheet(frames, columns=2, tile=8)
    assert sheet.shape == (22, 22)
    assert (sheet[2:10, 2:10] == 10).all()
    assert (sheet[2:10, 12:20] == 20).all()
    assert (sheet[12:20, 2:10] == 30).all()
    assert (sheet[12:20, 12:20] == 255).all()


def test_answers_without_heavy_libraries(make_cohort: Callable[[int], Cohort]) -> None:
    code = (
        "import sys; from sonosift.commands.inspect import inspect; inspect(sys.argv[1]); "
        "print([name for name in ('torch', 'lightning', 'faiss', 'scipy', 'sklearn', 'cv2') if name in sys.modules])"
    )
    path = str(make_cohort(12).path)
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    # Under a second is meant; the bound leaves room for a loaded machine.
    assert time.perf_counter() - started < 5


def test_wrong_path(tmp_path: Path) -> None:
    with pytest.raises(SonosiftError, match="no cohort at"):
        inspect(tmp_path / "nothing")
