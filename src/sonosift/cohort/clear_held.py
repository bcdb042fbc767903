"""What a person decided about held clips: let them in, or leave them out for good.

Killed anywhere and repeated it ends the same: frames that are already in are passed over by their ids, a clip leaves
the held folder only after its source is recorded, and its source is recorded only after its frames are committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sonosift.cohort.flow import read_flow, update_flow
from sonosift.cohort.held import HeldClip, HeldClips
from sonosift.cohort.near_duplicates import update_near_duplicates
from sonosift.cohort.writer import CohortWriter
from sonosift.errors import SonosiftError
from sonosift.machine import lock

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

DISCARDED = "discarded"
"""Reason code of a source whose held frames a person left out."""

_FRAMES_AT_ONCE = 256


@dataclass(frozen=True)
class Cleared:
    """How much was decided: clips and the frames that they hold."""

    clips: int
    frames: int


def accept(cohort: Cohort, clips: Sequence[HeldClip]) -> Cleared:
    """Append the cleaned frames of held clips; they keep their ids, nothing that is there changes."""
    unclean = [clip.clip for clip in clips if not clip.is_cleaned]
    if unclean:
        raise SonosiftError(
            f"{len(unclean)} of the chosen clips have no cleaned frames, because no fan was found: {unclean[0]}, …",
            "Draw the fan of such a clip (--clip ID --fan FILE.json), or discard it.",
        )
    frames = 0
    with CohortWriter(cohort) as writer:
        HeldClips(cohort).remove_leftovers()
        for clip in clips:
            stored, rows = clip.frames(), [row | {"needs_review": False} for row in clip.rows]
            for start in range(0, len(rows), _FRAMES_AT_ONCE):
                part = slice(start, start + _FRAMES_AT_ONCE)
                writer.append(np.asarray(stored[part]), rows[part])
            frames += len(rows)
    for clip in clips:
        _record(cohort, clip, let_in=True)
        HeldClips(cohort).remove(clip.clip)
    if clips:
        update_near_duplicates(cohort)
    _count_again(cohort)
    return Cleared(len(clips), frames)


def discard(cohort: Cohort, clips: Sequence[HeldClip]) -> Cleared:
    """Delete held clips and note that they are not wanted: an ingest of the same files does not hold them again."""
    cohort.private.require_key(cohort.settings.key_check)
    with lock.exclusive(cohort.private.lock_path, f"{cohort.path}"):
        HeldClips(cohort).remove_leftovers()
        for clip in clips:
            _record(cohort, clip, let_in=False)
            HeldClips(cohort).remove(clip.clip)
    _count_again(cohort)
    return Cleared(len(clips), sum(len(clip.rows) for clip in clips))


def _count_again(cohort: Cohort) -> None:
    if read_flow(cohort.path) is not None:
        update_flow(cohort)


def _record(cohort: Cohort, clip: HeldClip, *, let_in: bool) -> None:
    sources = cohort.private.sources
    if let_in:
        decided = [
            replace(source, frames=len(clip.rows), held_frames=0, held_reason=None, accepted_despite=clip.reason)
            for source in sources.of_clip(clip.clip)
        ]
    else:
        # Without a clip: no frame of the cohort comes from this file.
        decided = [
            replace(source, state="skipped", reason=DISCARDED, clip=None, frames=0, held_frames=0, held_reason=None)
            for source in sources.of_clip(clip.clip)
        ]
    sources.record(decided)
