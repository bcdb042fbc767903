"""A token in each kind of place is found; a clean cohort passes."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from PIL import Image, PngImagePlugin

from sonosift.cohort.cohort import Cohort
from sonosift.verify.archive_texts import path_texts
from sonosift.verify.harvest_file import TABLE, harvest_file
from sonosift.verify.search_terms import SearchTerms, TermBook
from sonosift.verify.verify_cohort import Findings, verify_cohort
from tests.verify.test_harvest_file import dicom

NAME = "Achterberg^Josefine"


def in_file_name(cohort: Cohort) -> None:
    (cohort.path / "runs" / "pica-josefine").mkdir()
    (cohort.path / "runs" / "pica-josefine" / "lock").touch()


def in_parquet(cohort: Cohort) -> None:
    file = cohort.path / "runs" / "pica" / "groups.parquet"
    pl.read_parquet(file).with_columns(note=pl.lit("seen: josefine a.")).write_parquet(file, compression="zstd")


def in_parquet_list(cohort: Cohort) -> None:
    file = cohort.path / "catalog" / "00001.parquet"
    rows = pl.read_parquet(file)
    rows.with_columns(study_groups=pl.lit(["abdomen", "Achterberg"])).write_parquet(file)


def in_column_name(cohort: Cohort) -> None:
    file = cohort.path / "splits" / "default.parquet"
    pl.read_parquet(file).with_columns(pl.lit(0).alias("Josefine")).write_parquet(file)


def in_annotation(cohort: Cohort) -> None:
    cohort.annotations.add("frame", cohort.catalog()["frame_id"][1], {"liver"}, "Josefine", "expert")


def in_deleted_row(cohort: Cohort) -> None:
    with closing(sqlite3.connect(cohort.path / "labels.sqlite")) as connection, connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE other (note TEXT)")
        connection.execute("INSERT INTO other VALUES ('MRN-55012 came back')")
        connection.commit()
        connection.execute("DELETE FROM other")
        connection.commit()
        assert connection.execute("SELECT count(*) FROM other").fetchone() == (0,)
    assert b"MRN-55012" in (cohort.path / "labels.sqlite").read_bytes()


def in_settings(cohort: Cohort) -> None:
    file = cohort.path / "runs" / "pica" / "run.yaml"
    file.write_text(file.read_text() + "note: /data/ACHTERBERG/1.dcm\n")


def in_metrics(cohort: Cohort) -> None:
    cohort.runs.get("pica").log(step=2, note="Dr. Oldcastle")


def in_page(cohort: Cohort) -> None:
    (cohort.path / "report.html").write_text("<html><p title='of Josefine'>page</p></html>")


def in_picture(cohort: Cohort) -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", "MRN-55012")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(cohort.path / "sheet.png", pnginfo=about)


def in_picture_of_page(cohort: Cohort) -> None:
    import base64

    in_picture(cohort)
    picture = base64.b64encode((cohort.path / "sheet.png").read_bytes()).decode()
    (cohort.path / "sheet.png").unlink()
    (cohort.path / "report.html").write_text(f'<html><img src="data:image/png;base64,{picture}"></html>')


def in_weights(cohort: Cohort) -> None:
    header = json.dumps({"__metadata__": {"made_for": "Josefine"}}).encode()
    (cohort.path / "runs/pica/model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)


def in_embeddings(cohort: Cohort) -> None:
    vectors = np.zeros((24, 8), np.float32)
    vectors.view(np.uint8)[3, : len(NAME)] = np.frombuffer(NAME.encode(), np.uint8)
    with (cohort.path / "runs/pica/embeddings.npy").open("wb") as handle:
        np.save(handle, vectors)


def in_utf16(cohort: Cohort) -> None:
    with (cohort.path / "runs/pica/lock").open("wb") as handle:
        handle.write(b"\0" + NAME.upper().encode("utf-16-be"))


def in_packed_file(cohort: Cohort) -> None:
    (cohort.path / "notes.gz").write_bytes(gzip.compress(b"born 12.03.1947"))


def in_identifier(cohort: Cohort) -> None:
    cohort.runs.get("pica").log(step=3, source="2.25.111222333")


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> SearchTerms:
    """What the archive of the other tests says, read once."""
    folder = tmp_path_factory.mktemp("archive")
    dicom(folder / "0.dcm", depth=3)
    book = TermBook()
    book.add_file(harvest_file(folder / "0.dcm"))
    book.add_file([(TABLE, "Oldcastle Winifred"), *path_texts("ACHTERBERG/0.dcm")])
    return book.choose()


PLANTS = [value for name, value in sorted(globals().items()) if name.startswith("in_")]


def checked(cohort: Cohort, archive: Path | None) -> Findings:
    return verify_cohort(Cohort.open(cohort.path), archive, ocr=False)


def test_a_clean_cohort_passes(cohort: Cohort, archive: Path) -> None:
    for against in (archive, None):
        found = checked(cohort, against)
        assert (found.hits, found.patterns, found.folders, found.unreadable, found.doubts) == ([], [], [], [], [])
        assert found.passed
        assert found.frames == 24
        assert found.files == sum(path.is_file() for path in cohort.path.rglob("*"))
    assert len(checked(cohort, archive).terms.searched) > 20


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_token_is_found(
    cohort: Cohort, terms: SearchTerms, plant: Callable[[Cohort], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(cohort)
    monkeypatch.setattr("sonosift.verify.verify_cohort._gather_terms", lambda *_: terms)
    found = checked(cohort, cohort.path)
    assert found.hits, plant.__name__
    assert not found.passed
    assert found.tokens_found >= 1
    files = {hit.file for hit in found.hits}
    assert len(files) == 1
    assert all((cohort.path / name).is_file() for name in files)


def test_without_the_archive_what_looks_like_an_identity_is_found(cohort: Cohort) -> None:
    cohort.runs.get("pica").log(step=3, a="born 1947-03-12", b="2.25.111222333", c="DOE^JANE", d="see a.b@clinic.org")
    cohort.runs.get("pica").log(step=4, e="4711471147", f="+49 351 123456", g="/home/dr.smith/x")
    found = checked(cohort, None)
    assert {hit.what for hit in found.patterns} == {
        "date",
        "unique identifier",
        "name as DICOM writes it",
        "e-mail address",
        "long number",
        "telephone number",
        "path on a computer",
    }
    assert {hit.file for hit in found.patterns} == {"runs/pica/metrics.jsonl"}


def test_source_paths_are_known_without_the_archive(cohort: Cohort) -> None:
    in_settings(cohort)
    assert {hit.what.lower() for hit in checked(cohort, None).hits} >= {"achterberg"}


def write(cohort: Cohort, place: int, change: Callable[[np.ndarray], None]) -> None:
    file = cohort.path / "frames" / f"{place // 10:05d}.npy"
    frames = np.load(file)
    change(frames[place % 10])
    with file.open("wb") as handle:
        np.save(handle, frames)


def test_letters_in_the_pixels(cohort: Cohort) -> None:
    def draw(frame: np.ndarray) -> None:
        cv2.putText(frame, "ACHTERBERG", (4, 52), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1, cv2.LINE_AA)

    write(cohort, 13, draw)
    found = verify_cohort(cohort, None, ocr=True)
    frame_id = cohort.catalog()["frame_id"][13]
    read = [doubt for doubt in found.doubts if doubt.sign == "text_read"]
    assert {doubt.frame_id for doubt in read} == {frame_id}
    assert all(doubt.is_identity for doubt in read)
    assert found.tokens_found >= 1
    x0, y0, x1, y1 = read[0].box
    assert y0 <= 48 <= y1
    assert x0 < 20 < 76 < x1


def test_light_outside_the_fan(cohort: Cohort) -> None:
    part = cohort.path / "catalog" / "00000.parquet"
    rows = pl.read_parquet(part)
    half = pl.lit([0, 0, 47, 0, 47, 95, 0, 95], dtype=pl.List(pl.Int32))
    # The first three clips lie whole in this part.
    whole = pl.col("fan_outline")
    rows.with_columns(fan_outline=pl.when(pl.int_range(pl.len()) < 9).then(half).otherwise(whole)).write_parquet(part)
    for place in range(9):
        write(cohort, place, lambda frame: frame[:, 48:].fill(0))
    assert checked(cohort, None).passed
    write(cohort, 4, lambda frame: frame[80:82, 90:92].fill(9))
    (doubt,) = checked(cohort, None).doubts
    assert (doubt.sign, doubt.score, doubt.box) == ("outside_the_fan", 4.0, (90, 80, 92, 82))
    assert doubt.frame_id == cohort.catalog()["frame_id"][4]


def test_permissions_links_and_foreign_files(cohort: Cohort) -> None:
    cohort.private_path.chmod(0o755)
    (cohort.path / "notes.txt").write_text("nothing")
    (cohort.path / "runs" / "link").symlink_to("/etc/hostname")
    (cohort.path / "runs" / "pica" / "state").mkdir()
    (cohort.path / "runs" / "pica" / "state" / "last.pt").write_bytes(cohort.private.key)
    problems = {finding.path: finding.problem for finding in checked(cohort, None).folders}
    assert set(problems) == {"cohort.private", "notes.txt", "runs/link", "runs/pica/state/last.pt"}
    assert "key" in problems["runs/pica/state/last.pt"]


def test_a_damaged_table_is_told(cohort: Cohort) -> None:
    (cohort.path / "runs" / "pica" / "groups.parquet").write_bytes(b"PAR1 broken")
    assert checked(cohort, None).unreadable == ["runs/pica/groups.parquet"]
