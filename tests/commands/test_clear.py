from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.held import HeldClips, HeldWriter
from sonosift.cohort.sources import Source
from sonosift.cohort.writer import CohortWriter
from sonosift.commands.clear import clear
from sonosift.commands.inspect import inspect
from sonosift.errors import SonosiftError
from tests.cohort.conftest import KEY, frame_images, frame_rows


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    """Six frames in the cohort; three clips of three frames wait, two of them for the same reason."""
    made = Cohort.create(tmp_path / "cohort", size=32, key=KEY)
    with CohortWriter(made) as writer:
        writer.append(frame_images(6, 32), frame_rows(6))
    for start, reason in ((6, "text_left"), (9, "fan_unsure"), (12, "text_left")):
        rows = frame_rows(3, start=start)
        clip = str(rows[0]["clip"])
        with HeldWriter(HeldClips(made).path, clip, reason) as writer:
            for row, frame in zip(rows, frame_images(3, 32, start=start), strict=True):
                writer.add(row, np.full((48, 64), 77, np.uint8), frame)
        made.private.sources.record([Source(f"{start}.dcm", sha256=f"{start:064x}", clip=clip, held_frames=3)])
    return made


def test_without_a_choice_it_lists_and_shows(cohort: Cohort) -> None:
    summary = clear(cohort.path)
    assert summary.waiting == {"text_left": 2, "fan_unsure": 1}
    assert summary.waiting_frames == 9
    assert inspect(cohort.path).held_frames == 9
    assert len(cohort.catalog()) == 6
    assert summary.page is not None
    page = Path(summary.page)
    assert page.is_relative_to(cohort.private_path)
    assert page.stat().st_mode & 0o077 == 0
    text = page.read_text()
    assert all(clip.clip in text for clip in HeldClips(cohort).list())
    # Three frames of each of three clips, as they came and as they would enter.
    assert text.count("data:image/jpeg;base64,") == 18
    assert not re.search(r"(?:src|href)=.(?!data:)", text)
    assert "text_left" in summary.describe()


def test_counts_agree_after_every_decision(cohort: Cohort) -> None:
    done = clear(cohort.path, reason="text_left", accept=True)
    assert (done.accepted_clips, done.accepted_frames, done.waiting) == (2, 6, {"fan_unsure": 1})
    assert (inspect(cohort.path).frames, inspect(cohort.path).held_frames) == (12, 3)
    last = HeldClips(cohort).list()[0].clip
    done = clear(cohort.path, clip=last, discard=True)
    assert (done.discarded_clips, done.discarded_frames, done.waiting, done.page) == (1, 3, {}, None)
    assert (inspect(cohort.path).frames, inspect(cohort.path).held_frames) == (12, 0)
    assert sum(source.frames for source in cohort.private.sources.all()) == 6
    assert done.describe().endswith("Nothing waits.")
    assert not list(HeldClips(cohort).path.iterdir())


def test_all_at_once(cohort: Cohort) -> None:
    assert clear(cohort.path, all=True, accept=True).accepted_frames == 9
    assert inspect(cohort.path).frames == 15
    assert clear(cohort.path, all=True, accept=True).accepted_frames == 0


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"accept": True}, "needs a choice of clips"),
        ({"all": True}, "needs a decision"),
        ({"all": True, "accept": True, "discard": True}, "more than one"),
        ({"all": True, "reason": "text_left", "discard": True}, "more than one"),
        ({"reason": "text_lef", "discard": True}, "unknown reason"),
        ({"clip": "0" * 32, "accept": True}, "unknown held clip"),
    ],
)
def test_unclear_choices_change_nothing(cohort: Cohort, choice: dict[str, object], message: str) -> None:
    with pytest.raises(SonosiftError, match=message):
        clear(cohort.path, **choice)  # type: ignore[arg-type]
    assert len(HeldClips(cohort).list()) == 3
    assert len(cohort.catalog()) == 6


def test_a_colleague_without_the_private_folder_cannot_clear(cohort: Cohort) -> None:
    (cohort.private_path / "key").unlink()
    assert inspect(cohort.path).held_frames == 0
    with pytest.raises(SonosiftError, match="private key"):
        clear(cohort.path)
