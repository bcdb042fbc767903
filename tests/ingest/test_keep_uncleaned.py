"""Frames with their text are kept on request, in the private folder alone; the cohort is the same with and without."""

import stat

import numpy as np
import pytest
from PIL import Image

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.forget_patient import forget_patient
from sonosift.cohort.uncleaned import Uncleaned, UncleanedFrame, uncleaned_path_of
from sonosift.cohort.uncleaned_twin import twin_path_of, uncleaned_twin
from sonosift.commands.ingest import ingest
from sonosift.errors import SonosiftError
from sonosift.verify.folder_checks import check_folders
from tests.privacy.speckled_fan import letters, speckle, written

SIDE = 96


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory):
    """Two fans, one with a word in it, ingested with and without their uncleaned frames."""
    place = tmp_path_factory.mktemp("uncleaned")
    (place / "archive").mkdir()
    screens = {"plain": speckle(1), "written": written(speckle(2), letters("LIVER", (150, 150), 0.8, 2))}
    for name, screen in screens.items():
        Image.fromarray(screen).save(place / "archive" / f"{name}.png")
    for name, keep in (("with", True), ("without", False)):
        ingest(place / "archive", place / name, size=SIDE, keep_uncleaned=keep, workers=1)
    return tuple(Cohort.open(place / name) for name in ("with", "without"))


def test_the_cohort_is_the_same_and_holds_nothing_of_it(cohorts):
    kept, plain = cohorts
    assert (kept.frames.all() == plain.frames.all()).all()
    names = [sorted(path.relative_to(one.path).as_posix() for path in one.path.rglob("*")) for one in cohorts]
    assert names[0] == names[1]
    assert not uncleaned_path_of(plain.private_path).exists()
    with pytest.raises(SonosiftError, match=r"(?s)keeps no uncleaned frames.*--keep-uncleaned"):
        uncleaned_twin(plain)


def test_what_was_painted_over_is_where_both_differ(cohorts):
    kept, _ = cohorts
    store = Uncleaned(uncleaned_path_of(kept.private_path))
    for name in ("plain.png", "written.png"):
        (frame_id,) = kept.frame_ids_of(name)
        (clip,) = kept.private.sources.clips_of(name)
        picture, painted = store.read(clip)[0]
        stored = kept.frames.read([frame_id])[0]
        # Inpainting changes what was painted over and nothing else; scaling spreads it by a pixel.
        assert (picture[painted == 0] == stored[painted == 0]).all()
        assert bool((painted > 0).any()) == (name == "written.png")
        if name == "written.png":
            assert np.abs(picture[painted > 200].astype(int) - stored[painted > 200]).mean() > 30
            rows = kept.catalog().filter(kept.catalog()["clip"] == clip)
            assert (store.painted(rows)[0] == painted).all()


def test_only_the_owner_may_read_it_and_verify_looks(cohorts):
    kept, _ = cohorts
    folder = uncleaned_path_of(kept.private_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert check_folders(kept) == []
    folder.chmod(0o755)
    assert [finding.path for finding in check_folders(kept)] == ["with.private/uncleaned"]
    folder.chmod(0o700)


def test_the_twin_has_ids_labels_and_splits_of_the_cohort(cohorts):
    kept, _ = cohorts
    kept.splits.make({"train": 0.5, "test": 0.5})
    (frame_id,) = kept.frame_ids_of("written.png")
    kept.annotations.add("frame", frame_id, {"liver"}, "ann", "expert")
    twin = uncleaned_twin(kept)
    kept.annotations.add("frame", frame_id, {"kidney"}, "ann", "expert")
    twin = uncleaned_twin(kept)  # what came since is added, and nothing twice
    assert twin.path.is_relative_to(kept.private_path)
    assert stat.S_IMODE(twin.path.stat().st_mode) == 0o700
    assert sorted(twin.frames.frame_ids) == sorted(kept.frames.frame_ids)
    columns = ["target_id", "names", "author", "source"]
    assert twin.annotations.history().select(columns).equals(kept.annotations.history().select(columns))
    assert twin.splits.get().table.equals(kept.splits.get().table)
    store = Uncleaned(uncleaned_path_of(kept.private_path))
    (clip,) = kept.private.sources.clips_of("written.png")
    assert (twin.frames.read([frame_id])[0] == store.read(clip)[0, 0]).all()


def test_forgetting_a_patient_takes_both(cohorts):
    kept, _ = cohorts
    uncleaned_twin(kept)
    row = kept.catalog().row(0, named=True)
    clips = set(kept.catalog().filter(kept.catalog()["patient"] == row["patient"])["clip"])
    store = Uncleaned(uncleaned_path_of(kept.private_path))
    before = set(store.clips())
    forget_patient(kept, row["patient"])
    assert set(store.clips()) == before - clips
    assert not twin_path_of(kept.private_path).exists()


def test_a_clip_is_whole_or_absent(tmp_path):
    store = Uncleaned(tmp_path / "uncleaned")
    frame = UncleanedFrame(np.full((4, 4), 7, np.uint8), np.zeros((4, 4), np.uint8))

    def broken():
        yield frame
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write("a", broken(), 2, (4, 4))
    assert store.clips() == []
    store.write("a", iter([frame, frame]), 2, (4, 4))
    assert store.read("a").shape == (2, 2, 4, 4)
    with pytest.raises(SonosiftError, match="missing or damaged"):
        store.read("b")
