from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sonosift.cohort.clear_held import Cleared, accept, discard
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.held import HeldClips, HeldWriter
from sonosift.cohort.sources import Source
from sonosift.errors import SonosiftError
from tests.cohort.conftest import frame_images, frame_rows

OLD, NEW = 12, 3
CLIP = str(frame_rows(NEW, start=OLD)[0]["clip"])


@pytest.fixture
def cohort(make_cohort: Callable[..., Cohort]) -> Cohort:
    """Twelve frames, and a clip of three more that waits."""
    made = make_cohort(OLD)
    hold(made)
    return made


def hold(cohort: Cohort, *, cleaned: bool = True) -> None:
    rows = [row | {"needs_review": True} for row in frame_rows(NEW, start=OLD)]
    with HeldWriter(HeldClips(cohort).path, CLIP, "text_left") as writer:
        for row, frame in zip(rows, frame_images(NEW, 16, start=OLD), strict=True):
            writer.add(row, np.zeros((30, 40), np.uint8), frame if cleaned else None)
    cohort.private.sources.record([Source("a/b.dcm", sha256="f" * 64, clip=CLIP, held_frames=NEW)])


def test_accepted_frames_are_appended_under_their_ids(cohort: Cohort) -> None:
    before = {file.name: file.read_bytes() for file in cohort.path.glob("frames/*.npy")}
    held = HeldClips(cohort)
    assert accept(cohort, held.list()) == Cleared(clips=1, frames=NEW)
    assert held.list() == []
    assert cohort.catalog()["frame_id"].to_list() == [f"{number:032x}" for number in range(OLD + NEW)]
    assert not cohort.catalog()["needs_review"].any()
    np.testing.assert_array_equal(cohort.frames.all(), frame_images(OLD + NEW, 16))
    after = {file.name: file.read_bytes() for file in cohort.path.glob("frames/*.npy")}
    assert {name: after[name] for name in before} == before
    (source,) = cohort.private.sources.all()
    assert (source.state, source.frames, source.held_frames, source.clip) == ("ingested", NEW, 0, CLIP)


def test_killed_between_the_frames_and_the_record(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    held = HeldClips(cohort)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("sonosift.cohort.clear_held._record", killed)
        accept(cohort, held.list())
    assert len(cohort.catalog()) == OLD + NEW
    assert len(held.list()) == 1
    accept(cohort, held.list())
    assert len(cohort.catalog()) == OLD + NEW
    assert held.list() == []
    assert cohort.private.sources.all()[0].held_frames == 0


def test_discarded_frames_are_gone_for_good(cohort: Cohort) -> None:
    held = HeldClips(cohort)
    assert discard(cohort, held.list()) == Cleared(clips=1, frames=NEW)
    assert held.list() == []
    assert not (held.path / CLIP).exists()
    assert len(cohort.catalog()) == OLD
    (source,) = cohort.private.sources.all()
    assert (source.state, source.reason, source.held_frames, source.clip) == ("skipped", "discarded", 0, None)


def test_without_a_fan_nothing_can_be_let_in(cohort: Cohort) -> None:
    hold(cohort, cleaned=False)
    with pytest.raises(SonosiftError, match="no cleaned frames"):
        accept(cohort, HeldClips(cohort).list())
    assert len(cohort.catalog()) == OLD
    assert len(HeldClips(cohort).list()) == 1
