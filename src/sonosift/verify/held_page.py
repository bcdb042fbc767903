"""The page that shows what waits: every held clip, as it came and as it would enter the cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from sonosift.cohort.held import HeldClip
from sonosift.verify.pages import picture, render

PAGE = "index.html"
_PAIRS = 3
_MEANINGS = {
    "no_fan": "No ultrasound picture was found on the screen.",
    "no_ultrasound_picture": "Taken for a report page, a worksheet or a test pattern; held because that was asked for.",
    "fan_unsure": "The outline of the ultrasound picture is not certain.",
    "fan_drawn": "A person drew the fan and nothing is in doubt: accept these.",
}
_DOUBTED = "The check of the cleaned frames is not convinced that all text is gone."


@dataclass(frozen=True)
class _Pair:
    position: int
    source: str
    cleaned: str | None


@dataclass(frozen=True)
class _Card:
    clip: str
    frames: int
    machine: str
    corner: tuple[int, int]
    pairs: list[_Pair]


@dataclass(frozen=True)
class _Group:
    reason: str
    meaning: str
    cards: list[_Card]


def held_page(clips: Sequence[HeldClip]) -> str:
    """Return the HTML page, with up to three frames of each clip."""
    ordered = sorted(clips, key=lambda clip: (clip.reason, clip.clip))
    groups = [
        _Group(reason, _MEANINGS.get(reason, _DOUBTED), [_card(clip) for clip in members])
        for reason, members in groupby(ordered, key=lambda clip: clip.reason)
    ]
    return render("held_page.html", clips=len(clips), groups=groups)


def _card(clip: HeldClip) -> _Card:
    count = len(clip.rows)
    shown = sorted({round(place) for place in np.linspace(0, count - 1, min(_PAIRS, count))})
    cleaned = clip.frames() if clip.is_cleaned else None
    pairs = [
        _Pair(place, picture(clip.source(place)), None if cleaned is None else picture(np.asarray(cleaned[place])))
        for place in shown
    ]
    return _Card(clip.clip, count, str(clip.rows[0].get("machine") or "unknown machine"), clip.corner, pairs)
