"""The privacy benchmark at a small size: nothing that names anybody is left, and nothing else is lost."""

import polars as pl
import pytest

from benchmarks.privacy import joined, measure_pictures
from benchmarks.privacy_identity import searched_tokens, tokens_in_cohort
from benchmarks.privacy_tables import flags, read_labels, set_aside
from sonosift.cohort.cohort import Cohort
from sonosift.commands.ingest import ingest
from sonosift.commands.phantom import phantom
from sonosift.phantom.screen import text_on_image

FILES_PER_PATIENT = 7


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Four patients, a few files of each, identity on half of the images."""
    folder = tmp_path_factory.mktemp("privacy")
    hospital = folder / "hospital"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(text_on_image, "IDENTITY_TYPED_ON_IMAGE", 0.5)
        phantom(hospital, patients=4, seed=60, size=300, workers=1, clean_pictures=True)
    files = pl.read_parquet(hospital / "truth" / "files.parquet")
    small = files.filter((pl.col("frames") < 12) & (pl.col("state") == "ok"))
    kept = set(small.group_by("patient", maintain_order=True).head(FILES_PER_PATIENT)["file"])
    kept |= set(files.filter(pl.col("state") != "ok")["file"])
    for path in sorted((hospital / "archive").rglob("*")):
        if path.is_file() and path.relative_to(hospital / "archive").as_posix() not in kept:
            path.unlink()
    ingest(hospital / "archive", folder / "cohort", size=768, workers=2)
    cohort = Cohort.open(folder / "cohort")
    return hospital, cohort, joined(cohort, hospital / "truth")


def test_no_planted_identity_is_in_the_cohort(measured):
    hospital, cohort, _ = measured
    tokens = searched_tokens(hospital / "truth" / "identities.csv")
    assert len(tokens) > 50
    assert tokens_in_cohort(cohort.path, tokens) == []
    # The same search finds them where they are known to be.
    assert len(tokens_in_cohort(hospital / "archive", tokens)) > 20


@pytest.fixture(scope="module")
def pictures(measured):
    hospital, cohort, rows = measured
    found = measure_pictures(hospital, cohort, rows, ocr="none")
    assert len(found.frames) > 12
    return found


def test_little_is_changed_besides_text(pictures):
    fan = sum(frame.fan_pixels for frame in pictures.frames)
    assert sum(frame.changed for frame in pictures.frames) > 0
    assert sum(frame.altered for frame in pictures.frames) < 0.004 * fan
    assert sum(frame.fan_overlap for frame in pictures.frames) > 0.95 * len(pictures.frames)


def test_no_text_but_identity_is_left(pictures):
    """What machines and operators write: labels, distances, marks."""
    texts = [text for frame in pictures.frames for text in frame.texts if text.visible and not text.is_identity]
    assert len(texts) > 10
    assert [text for text in texts if text.left] == []


def test_no_identity_is_left(pictures):
    texts = [text for frame in pictures.frames for text in frame.texts if text.visible and text.is_identity]
    assert len(texts) > 3
    assert [text for text in texts if text.left] == []


def test_only_the_corrupt_files_are_quarantined(measured):
    hospital, cohort, _ = measured
    sources = pl.DataFrame([vars(source) for source in cohort.private.sources.all()], infer_schema_length=None)
    files = pl.read_parquet(hospital / "truth" / "files.parquet")
    missed, wronged, _ = set_aside(sources, files)
    assert (missed, wronged) == ([], [])
    assert len(files.filter(pl.col("state") == "corrupt")) > 0


def test_what_the_pixels_tell_is_right(measured):
    _, _, rows = measured
    for score, most_wrong in (
        (read_labels(rows, "burnt_in_label", "abdomen"), 1),
        (read_labels(rows, "burnt_in_view", "views"), 1),
        (flags(rows, "is_doppler", "true_doppler"), 1),
    ):
        assert score.said - score.right <= most_wrong
        assert score.reached >= 0.6 * score.true
