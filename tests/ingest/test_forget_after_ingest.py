"""A patient is forgotten after a whole ingest: whatever it wrote of them, in whichever file, is searched for."""

import polars as pl
import pytest
from PIL import Image

from sonosift.cohort.cohort import Cohort
from sonosift.commands.forget import forget
from sonosift.commands.ingest import ingest
from sonosift.privacy.pseudonyms import Pseudonyms
from tests.ingest.conftest import empty_screen, fan_frames, write_dicom, write_png


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Two patients with a clip, a still without a header, and a screen that will be held; broken files beside them."""
    folder = tmp_path_factory.mktemp("hospital") / "archive"
    for number, (patient, name) in enumerate((("MRN-70001", "quillfeather"), ("MRN-70002", "oldcastle"))):
        for part in range(2):
            write_dicom(
                folder / name / f"{name}-{part}", fan_frames(1 + 8 * part, 10 * number + part), patient, f"1.{number}",
                StudyDate="20240105",
            )  # fmt: skip
        write_png(folder / name / f"{name}-shot.png", 50 + number)
        Image.fromarray(empty_screen() + number).save(folder / name / f"{name}-screen.png")
        (folder / name / f"{name}-cut.dcm").write_bytes((folder / name / f"{name}-0").read_bytes()[:700])
    return folder


def texts(folder):
    """Every name, every byte, and every decoded table."""
    for path in sorted(folder.rglob("*")):
        yield path, path.relative_to(folder).as_posix().encode()
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".parquet":
                yield path, str(pl.read_parquet(path).rows()).encode()


def places(cohort, secret):
    folders = (cohort.path, cohort.private_path)
    return {path.name for folder in folders for path, text in texts(folder) if secret in text}


def test_nothing_that_an_ingest_writes_survives(archive, tmp_path):
    folder = tmp_path / "cohort"
    summary = ingest(archive, folder, size=64, workers=1, keep_uncleaned=True, export_dicom=tmp_path / "exported")
    assert (summary.patients, summary.quarantined) == (2, 2)
    assert summary.needs_review >= 2
    cohort, names = Cohort.open(folder), Pseudonyms(Cohort.open(folder).private.key)
    gone, stays = names.patient("", "MRN-70001"), names.patient("", "MRN-70002")
    sources = [source for source in cohort.private.sources.all() if source.patient == gone]
    rows = cohort.catalog().filter(pl.col("patient") == gone)
    secrets = {gone, names.patient_number("MRN-70001"), *rows["exam"], *rows["clip"], *rows["frame_id"]}
    secrets |= {source.clip for source in sources if source.clip} | {source.path for source in sources}
    secrets |= {"quillfeather/quillfeather-cut.dcm", names.source("quillfeather/quillfeather-cut.dcm")}
    assert len(secrets) > 12
    kept = cohort.catalog().filter(pl.col("patient") == stays)
    pictures, others = (cohort.frames.read(list(each["frame_id"])).copy() for each in (rows, kept))
    lit = [picture[32].tobytes() for picture in pictures]
    for secret in [*(text.encode() for text in secrets), *lit]:
        assert places(cohort, secret), "the search can find what is there"
    done = forget(folder, patient_from_key="mrn-70001")
    assert done.frames == len(rows) + 1  # the screen that waited
    left = {text: places(cohort, text.encode()) for text in secrets if text != gone}
    assert {text: found for text, found in left.items() if found} == {}
    assert places(cohort, gone.encode()) == {"forgotten"}
    assert not any(places(cohort, row) for row in lit)
    # The other patient is as before, and the next ingest brings nobody back.
    again = Cohort.open(folder)
    assert again.catalog().equals(kept)
    assert (again.frames.read(list(kept["frame_id"])) == others).all()
    assert done.patient == gone
    repeated = ingest(archive, folder, size=64, workers=1, keep_uncleaned=True, export_dicom=tmp_path / "exported")
    assert repeated.patients == 1
    assert repeated.reasons["forgotten"] >= 2
    assert Cohort.open(folder).catalog().filter(pl.col("patient") != stays).is_empty()
