"""FUSC's check of cleaning: does a classifier look where text used to be, and would one do so that saw the text?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.uncleaned import Uncleaned, uncleaned_path_of
from sonosift.errors import SonosiftError
from sonosift.explain.attention_on_text import TextAttention, attention_on_text, heat_of, mean_by_patient, views_of
from sonosift.explain.overlay import Picture, sheet
from sonosift.explain.text_share import TextShare
from sonosift.methods.method import Method

DRAWS = 1000
FEWEST_FRAMES = 2


class TextFrames(NamedTuple):
    """Frames with and without their text, and where it stood."""

    frame_ids: list[str]
    patients: list[str]
    cleaned: NDArray[np.uint8]
    uncleaned: NDArray[np.uint8]
    painted: NDArray[np.uint8]


def text_frames(cohort: Cohort, twin: Cohort, rows: pl.DataFrame) -> TextFrames:
    """Read the frames of these catalog rows (whole clips) as far as the twin has them."""
    there = rows.filter(pl.col("frame_id").is_in(twin.frames.frame_ids))
    if there.is_empty():
        raise SonosiftError(
            "none of these frames was kept as it was before cleaning",
            "Ingest the archive into a new cohort with --keep-uncleaned.",
        )
    ids = there["frame_id"].to_list()
    painted = Uncleaned(uncleaned_path_of(cohort.private_path)).painted(there)
    return TextFrames(ids, there["patient"].to_list(), cohort.frames.read(ids), twin.frames.read(ids), painted)


def text_shares(
    networks: Sequence[tuple[str, Method]], frames: TextFrames, device: str, seed: int = 0
) -> list[TextShare]:
    """Ask every network about both kinds of pictures."""
    found = []
    for name, network in networks:
        for pictures, shown in (("cleaned", frames.cleaned), ("uncleaned", frames.uncleaned)):
            measured = attention_on_text(network, shown, frames.painted, frames.patients, device)
            if len(measured.patients) < FEWEST_FRAMES:
                raise SonosiftError(
                    f"{len(measured.patients)} frames show text and attention: too few for a share",
                    "Use a part with more frames, or an archive with text in its pictures.",
                )
            found.append(_share(name, pictures, measured, seed))
    return found


def text_sheet(network: Method, frames: TextFrames, device: str, *, cleaned: bool, count: int = 12) -> Picture:
    """Return a sheet of the frames with the most text: each view, and where the network looks beside the text."""
    most = np.argsort(-frames.painted.mean(axis=(1, 2)), kind="stable")[:count]
    shown = (frames.cleaned if cleaned else frames.uncleaned)[most]
    views, text = (views_of(part, network.image_size)[:, 0].numpy() for part in (shown, frames.painted[most]))
    heat = heat_of(network, shown, device)
    return sheet(list(views), list(heat), pairs_per_row=3, outlines=list(text))


def _share(network: str, pictures: str, measured: TextAttention, seed: int) -> TextShare:
    attention = mean_by_patient(measured.attention, measured.patients, DRAWS, seed)
    excess = mean_by_patient(measured.attention - measured.area, measured.patients, DRAWS, seed)
    return TextShare(
        network=network,
        pictures=pictures,
        frames=len(measured.patients),
        patients=len(set(measured.patients)),
        attention=attention.value,
        attention_low=attention.low,
        attention_high=attention.high,
        area=float(measured.area.mean()),
        excess=excess.value,
        excess_low=excess.low,
        excess_high=excess.high,
        without_text=measured.without_text,
        without_attention=measured.without_attention,
    )
