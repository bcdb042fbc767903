"""After a forget nothing of the patient is left; killed at any write and repeated, it comes to the same end."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sonosift.cohort.annotations import Annotation
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.forget_patient import forget_patient
from sonosift.cohort.forgotten import Forgotten
from sonosift.cohort.held import HeldClips, HeldWriter
from sonosift.cohort.sources import Source
from sonosift.cohort.writer import CohortWriter
from sonosift.errors import SonosiftError
from sonosift.machine import atomic
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.cohort.conftest import KEY, frame_images, frame_rows

SIDE, FRAMES = 16, 30
PATIENT = f"a{1:031x}"


def frame_name(number: int) -> str:
    return f"{number:08x}" * 4


def number_of(name: str) -> int:
    return int(name[:8], 16)


def rows_of(count: int, start: int = 0) -> list[dict[str, object]]:
    rows = frame_rows(count, start=start, per_patient=6)
    return [
        row | {"patient": f"a{str(row['patient'])[1:]}", "frame_id": frame_name(start + place)}
        for place, row in enumerate(rows)
    ]


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    """Five patients of six frames with labels, splits, two runs and a clip of the second patient that waits."""
    made = Cohort.create(tmp_path / "cohort", size=SIDE, key=KEY, shard_rows=7)
    images = frame_images(FRAMES, SIDE)
    with CohortWriter(made) as writer:
        writer.append(images, rows_of(FRAMES))
    with CohortWriter(made) as writer:
        # A buried row: the frame came in again from a changed file.
        writer.bury([frame_name(7)], "source_changed")
        writer.append(images[7:8], rows_of(1, start=7))
    ids = made.catalog()["frame_id"].to_list()
    made.annotations.add_many(
        Annotation(target_kind="frame", target_id=name, names=("liver",), author="ann", source="expert") for name in ids
    )
    made.annotations.add("clip", f"c{2:031x}", {"kidney"}, "ann", "csv")
    made.splits.make({"train": 0.5, "test": 0.5})
    made.splits.make_by_frame({"train": 0.5, "test": 0.5}, name="frames", allow_patient_leak=True)
    pl.DataFrame({"frame_id": ids[5:9], "near_duplicate_group": [0, 0, 1, 1]}).write_parquet(
        made.path / "near_duplicates.parquet"
    )
    made.quarantine.add([(Pseudonyms(KEY).source("b/broken.dcm"), "truncated"), ("f" * 32, "empty")])
    for name, trained in (("saw", ids), ("saw_not", [name for name in ids if number_of(name) not in range(6, 12)])):
        run = made.runs.create(name, {"method": "x"}, frame_ids=trained)
        run.save_embeddings(ids, np.arange(FRAMES * 2, dtype=np.float32).reshape(FRAMES, 2))
        pl.DataFrame({"frame_id": ids, "group": range(FRAMES)}).write_parquet(run.path / "groups.parquet")
        pl.DataFrame({"frame_id": trained}).write_parquet(run.path / "training_frames.parquet")
        run.report_path.write_text(f"<html>{ids[6]}</html>")
        (run.state_path / "last.pt").write_bytes(trained[6].encode())
        for file in ("pictures.npz", "explain/liver.png", "export/bundle/known.safetensors"):
            (run.path / file).parent.mkdir(parents=True, exist_ok=True)
            (run.path / file).write_bytes(ids[6].encode())
        run.finish(frames=len(trained))
    (made.path / "report.html").write_text(f"<html>patient {PATIENT}</html>")
    held = rows_of(3, start=33)
    for row in held:
        row["patient"] = PATIENT
    with HeldWriter(HeldClips(made).path, str(held[0]["clip"]), "no_fan") as writer:
        for row in held:
            writer.add(row, images[8])
    clips = made.catalog().select("clip", "patient").unique(maintain_order=True).rows()
    made.private.sources.record(Source(f"{clip}.dcm", clip=clip, patient=patient) for clip, patient in clips)
    made.private.sources.record([Source("b/broken.dcm", state="quarantined", patient=PATIENT)])
    made.private.sources.record_numbers([("9" * 32, PATIENT), ("8" * 32, f"a{2:031x}")])
    (made.private_path / "verify").mkdir()
    (made.private_path / "verify" / "report.html").write_text(ids[6])
    return made


def names_of_patient() -> list[str]:
    rows = [*rows_of(6, start=6), *rows_of(3, start=33)]
    return [PATIENT, *{str(row[column]) for row in rows for column in ("frame_id", "clip", "exam")}]


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every byte and every decoded value below a folder, names included."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        yield name, name.encode()
        if path.is_file():
            yield name, path.read_bytes()
            if path.suffix == ".parquet":
                yield name, str(pl.read_parquet(path).rows()).encode()


def places_with(cohort: Cohort, secret: bytes) -> set[str]:
    found = {name for name, content in everything(cohort.path) if secret in content}
    return found | {f"private/{name}" for name, content in everything(cohort.private_path) if secret in content}


def state_of(cohort: Cohort) -> dict[str, object]:
    """What a cohort says, whatever the times in its files."""
    state: dict[str, object] = {}
    for path in sorted([*cohort.path.rglob("*"), *cohort.private_path.rglob("*")]):
        if path.suffix == ".sqlite":
            with closing(sqlite3.connect(path)) as connection:
                state[str(path)] = list(connection.iterdump())
        elif path.is_file() and path.name != "lock":
            state[str(path)] = path.read_bytes()
    return state


def test_nothing_of_the_patient_is_left(cohort: Cohort) -> None:
    images = frame_images(FRAMES, SIDE)
    for name in names_of_patient():
        assert places_with(cohort, name.encode()), "the search can find what is there"
    pixels = images[6:12].reshape(6, -1)
    assert all(places_with(cohort, row.tobytes()) for row in pixels)
    done = forget_patient(cohort, PATIENT)
    assert (done.frames, done.clips, done.exams) == (9, 3, 4 - 1)
    assert (done.runs, done.perhaps) == (("saw",), ())
    for name in names_of_patient():
        expected = {"private/forgotten"} if name == PATIENT else set()
        assert places_with(cohort, name.encode()) == expected, name
    # Half a row of pixels would already be too much.
    assert not any(places_with(cohort, row[:SIDE].tobytes()) for frame in images[6:12] for row in frame)
    assert Forgotten(cohort.private_path).all() == {PATIENT}


def test_the_others_are_as_they_were(cohort: Cohort) -> None:
    images = frame_images(FRAMES, SIDE)
    kept = [number for number in range(FRAMES) if number not in range(6, 12)]
    before = cohort.catalog().filter(pl.col("patient") != PATIENT)
    parts = dict(cohort.splits.get().table.iter_rows())
    forget_patient(cohort, PATIENT)
    again = Cohort.open(cohort.path)
    assert again.catalog().equals(before)
    ids = [frame_name(number) for number in kept]
    np.testing.assert_array_equal(again.frames.read(ids), images[kept])
    assert dict(again.splits.get().table.iter_rows()) == {
        patient: part for patient, part in parts.items() if patient != PATIENT
    }
    assert set(again.annotations.history()["target_id"]) == set(ids)
    assert again.quarantine.counts() == {"empty": 1}
    assert again.private.sources.numbers() == [("8" * 32, f"a{2:031x}")]
    for run in again.runs.list():
        names, vectors = run.embeddings()
        assert set(names) == set(ids)
        assert [float(value) for value in vectors[:, 0]] == [2.0 * _place_before(name) for name in names]
        assert set(pl.read_parquet(run.path / "groups.parquet")["frame_id"]) == set(ids)
        assert not run.report_path.exists()
        assert (run.path / "state" / "last.pt").exists() == (run.name == "saw_not")
        assert "cannot be unlearned" in (run.path / "forgotten.txt").read_text() or run.name == "saw_not"
    # The next shard goes behind the last one.
    with CohortWriter(again) as writer:
        writer.append(images[:1], rows_of(1, start=40))
    np.testing.assert_array_equal(again.frames.read([frame_name(40)])[0], images[0])
    with pytest.raises(Exception, match="append-only"), closing(sqlite3.connect(again.path / "labels.sqlite")) as raw:
        raw.execute("DELETE FROM annotations")


def _place_before(name: str) -> int:
    # In the catalog frame 7 stood last: it had come in again.
    number = number_of(name)
    return number if number < 7 else FRAMES - 1 if number == 7 else number - 1


def test_killed_at_any_write_and_repeated(cohort: Cohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = tmp_path / "backup"
    for folder in (cohort.path, cohort.private_path):
        shutil.copytree(folder, backup / folder.name)

    def restore() -> Cohort:
        for folder in (cohort.path, cohort.private_path):
            shutil.rmtree(folder)
            shutil.copytree(backup / folder.name, folder)
        return Cohort.open(cohort.path)

    whole = forget_patient(restore(), PATIENT)
    wanted = state_of(cohort)
    replacing, writes = atomic.replacing, 0
    while True:
        allowed = writes

        @contextmanager
        def dying(path: Path, left: list[int] = [allowed]) -> Iterator[Path]:  # noqa: B006 - one list per round
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            with replacing(path) as temporary:
                yield temporary

        restored = restore()
        try:
            with monkeypatch.context() as patched:
                patched.setattr(atomic, "replacing", dying)
                forget_patient(restored, PATIENT)
            break
        except KeyboardInterrupt:
            writes += 2
        again = forget_patient(Cohort.open(cohort.path), PATIENT)
        assert state_of(cohort) == wanted, f"killed at write {allowed}"
        if allowed >= 2:
            assert again == whole
    assert writes > 12


def test_an_interrupted_forget_is_ended_by_the_next_one(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("sonosift.cohort.forget_patient._forget_frames", killed)
        forget_patient(cohort, PATIENT)
    other = f"a{3:031x}"
    forget_patient(Cohort.open(cohort.path), other)
    assert set(Cohort.open(cohort.path).catalog()["patient"]) == {f"a{number:031x}" for number in (0, 2, 4)}
    assert places_with(cohort, frame_name(8).encode()) == set()
    assert not list(cohort.private_path.glob("forgetting*"))


def test_twice_and_never_there(cohort: Cohort) -> None:
    forget_patient(cohort, PATIENT)
    state = state_of(cohort)
    assert forget_patient(Cohort.open(cohort.path), PATIENT).frames == 0
    assert state_of(cohort) == state
    stranger = "b" * 32
    assert forget_patient(cohort, stranger).frames == 0
    assert len(cohort.catalog()) == FRAMES - 6
    assert Forgotten(cohort.private_path).all() == {PATIENT, stranger}
    with pytest.raises(SonosiftError, match="pseudonym"):
        forget_patient(cohort, "DOE^JANE")
