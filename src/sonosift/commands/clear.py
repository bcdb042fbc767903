"""``sonosift clear``: decide about the clips that wait in the private folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.held import HeldClip, HeldClips


class ClearSummary(Summary):
    """What was decided and what still waits.

    Attributes:
        accepted_clips: Clips let into the cohort by this call.
        accepted_frames: Their frames.
        discarded_clips: Clips deleted by this call.
        discarded_frames: Their frames.
        redrawn_clips: Clips cleaned again with a drawn fan that still wait, because the check doubts them.
        waiting: Clips that wait, by reason.
        waiting_frames: Their frames.
        page: The page that shows what waits.
    """

    accepted_clips: int = 0
    accepted_frames: int = 0
    discarded_clips: int = 0
    discarded_frames: int = 0
    redrawn_clips: int = 0
    waiting: dict[str, int]
    waiting_frames: int
    page: str | None

    def describe(self) -> str:
        """Return what happened, what waits, and how to go on."""
        lines = []
        if self.accepted_clips:
            lines.append(f"Let in: {self.accepted_clips:,} clips, {self.accepted_frames:,} frames.")
        if self.discarded_clips:
            lines.append(f"Deleted: {self.discarded_clips:,} clips, {self.discarded_frames:,} frames.")
        if self.redrawn_clips:
            lines.append("Cleaned again with the fan that was drawn; the check still doubts it, so it waits: look.")
        if not self.waiting:
            return "\n".join([*lines, "Nothing waits."])
        width = max(map(len, self.waiting))
        lines += [f"Waiting: {sum(self.waiting.values()):,} clips, {self.waiting_frames:,} frames"]
        lines += [f"  {reason:<{width}}  {count:>6,}" for reason, count in self.waiting.items()]
        lines += [
            f"Look at them in {self.page} (private: it may show names), then choose with --clip ID, --reason CODE"
        ]
        return "\n".join([*lines, "or --all, and decide with --accept, --discard or --fan FILE.json."])


def clear(
    cohort: str | Path,
    *,
    clip: str | None = None,
    reason: str | None = None,
    all: bool = False,  # noqa: A002 - it is the name of the option
    accept: bool = False,
    discard: bool = False,
    fan: Path | None = None,
) -> ClearSummary:
    """List the clips that wait for a person, or decide about them.

    Without a choice nothing changes but the page of pictures in the private folder.

    Args:
        cohort: Folder of the cohort.
        clip: Decide about this clip.
        reason: Decide about all clips that wait for this reason.
        all: Decide about all clips that wait.
        accept: Let the cleaned frames into the cohort.
        discard: Delete the frames; the same files are not held again.
        fan: JSON file with the fan's corners in source pixels: clean again with it, and let the clip in unless the
            check still doubts it.

    Returns:
        What was decided, and what still waits.
    """
    from sonosift.cohort.clear_held import accept as let_in
    from sonosift.cohort.clear_held import discard as delete
    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.held import HeldClips

    opened = Cohort.open(cohort)
    opened.private.require_key(opened.settings.key_check)
    held = HeldClips(opened)
    _check_choice([clip is not None, reason is not None, all], [accept, discard, fan is not None])
    figures: dict[str, int] = {}
    if accept or discard:
        chosen = _chosen(held, clip, reason)
        done = (let_in if accept else delete)(opened, chosen)
        verb = "accepted" if accept else "discarded"
        figures = {f"{verb}_clips": done.clips, f"{verb}_frames": done.frames}
    elif fan is not None:
        figures = _with_fan(opened, _chosen(held, clip, reason), fan)
    return _waiting(held, figures)


def _check_choice(which: list[bool], what: list[bool]) -> None:
    from sonosift.errors import SonosiftError

    if sum(which) > 1 or sum(what) > 1:
        raise SonosiftError(
            "more than one choice was given",
            "Name the clips by one of --clip, --reason, --all; decide by one of --accept, --discard, --fan.",
        )
    if any(which) != any(what):
        raise SonosiftError(
            "a choice of clips needs a decision, and a decision needs a choice of clips",
            "For instance: --reason fan_unsure --discard, or --clip ID --accept.",
        )


def _chosen(held: HeldClips, clip: str | None, reason: str | None) -> list[HeldClip]:
    from sonosift.errors import unknown_name

    if clip is not None:
        return [held.clip(clip)]
    if reason is not None and reason not in held.counts():
        raise unknown_name("reason", reason, held.counts())
    return [waiting for waiting in held.list() if reason is None or waiting.reason == reason]


def _with_fan(cohort: Cohort, clips: list[HeldClip], fan: Path) -> dict[str, int]:
    from sonosift.cohort.clear_held import accept as let_in
    from sonosift.ingest.redraw_fan import REDRAWN, read_fan, redraw_fan
    from sonosift.machine import lock

    polygon = read_fan(Path(fan))
    with lock.exclusive(cohort.private.lock_path, f"{cohort.path}"):
        redrawn = [redraw_fan(cohort, clip, polygon) for clip in clips]
    convincing = [clip for clip in redrawn if clip.reason == REDRAWN]
    done = let_in(cohort, convincing)
    return {
        "accepted_clips": done.clips,
        "accepted_frames": done.frames,
        "redrawn_clips": len(redrawn) - len(convincing),
    }


def _waiting(held: HeldClips, figures: dict[str, int]) -> ClearSummary:
    from sonosift.machine import atomic
    from sonosift.verify.held_page import PAGE, held_page

    clips = held.list()
    page = held.path / PAGE
    if clips:
        atomic.write_text(page, held_page(clips))
        page.chmod(0o600)
    else:
        page.unlink(missing_ok=True)
    return ClearSummary(
        waiting=held.counts(),
        waiting_frames=sum(len(clip.rows) for clip in clips),
        page=str(page) if clips else None,
        **figures,
    )
