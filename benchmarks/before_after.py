"""Pictures before and after, to look at: does anything remain, was anything hurt?

    python -m benchmarks.before_after ARCHIVE OUT --frames 200

Ingests the archive into a cohort of its own (or takes ``--cohort``), and draws sheets (``OUT/sheet_000.png`` …) and
one page with all of them (``OUT/index.html``). A row holds, from left to right: the source with the found fan outlined;
what the cohort keeps; the same with every changed pixel in the fan in red. Frames that are held back show the source
alone, with the reason.

It also prints how many frames were kept and held, for which reasons, and how large a share of their fans was painted
over; ``--half 0`` or ``--half 1`` counts and draws only the files of one of two halves, drawn by their names, so that
one half can be worked with and the other judged.

The pages show the identity that was removed: they belong where the archive is, nowhere else.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars as pl

from sonosift.archive.clip import Image
from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Unreadable
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.geometry import FrameGeometry
from sonosift.privacy.fan_polygon import mask_of, separate_polygons

TILE, COLUMNS, ROWS = 300, 2, 4
CHANGED_LEVELS = 12
_BAR = 22
_RED, _GREEN, _GREY = (60, 60, 255), (90, 220, 90), (190, 190, 190)


@dataclass(frozen=True)
class Shown:
    """One row of a sheet: a title and three tiles."""

    title: str
    tiles: tuple[Image, Image, Image]


def in_half(path: str, half: int | None) -> bool:
    """Say whether a file belongs to one of two halves; which one depends on its name alone."""
    return half is None or hashlib.sha256(os.fsencode(Path(path).name)).digest()[0] % 2 == half


def counts(cohort: Cohort, half: int | None) -> Iterator[str]:
    """Yield lines: frames kept and held, held ones by reason, shares of the fan that were painted over."""
    held: Counter[str] = Counter()
    dark = 0
    for source in cohort.private.sources.all():
        if not in_half(source.path, half):
            continue
        dark += source.dark_frames
        if source.held_frames:
            held[source.held_reason or "not recorded"] += source.held_frames
    table = cohort.frames_by_source().join(cohort.catalog().drop("index_in_clip"), on="frame_id")
    shares = np.array([row["altered_share"] for row in table.iter_rows(named=True) if in_half(row["path"], half)])
    waiting = held.total()
    yield f"frames: {len(shares)} kept, {waiting} held ({100 * waiting / max(1, waiting + len(shares)):.1f} %)"
    yield f"left out because they show nothing: {dark}"
    yield "held by reason: " + (", ".join(f"{name} {count}" for name, count in sorted(held.items())) or "none")
    if len(shares):
        above = ", ".join(
            f"above {limit} % of it: {100 * (shares > limit / 100).mean():.1f} %" for limit in (0, 0.2, 1)
        )
        yield f"painted over: {100 * shares.mean():.3f} % of the fan in the mean, {100 * shares.max():.2f} % at most"
        yield f"frames in which something was painted over, {above}"


def kept_frames(archive: Path, cohort: Cohort, wanted: int, per_clip: int, half: int | None) -> Iterator[Shown]:
    """Yield frames spread evenly over the files that came in, a few of each clip."""
    table = (
        cohort.frames_by_source()
        .filter(pl.col("member") == "")
        .join(cohort.catalog().drop("index_in_clip"), on="frame_id")
    )
    files = [path for path in table["path"].unique(maintain_order=True) if in_half(path, half)]
    for path in files[:: max(1, len(files) * per_clip // wanted)]:
        rows = table.filter(pl.col("path") == path).sort("index_in_clip")
        rows = rows.gather_every(max(1, len(rows) // per_clip)).head(per_clip)
        sources = source_frames(archive / path, set(rows["index_in_clip"]))
        for row, stored in zip(rows.iter_rows(named=True), cohort.frames.read(rows["frame_id"].to_list()), strict=True):
            if row["index_in_clip"] in sources:
                yield _shown(row, sources[row["index_in_clip"]], stored)


def source_frames(path: Path, wanted: set[int]) -> dict[int, Image]:
    """Decode the wanted frames of a file."""
    try:
        frames = open_clip(path).frames(1000.0)
        return {frame.index: frame.grey for frame in frames if frame.index in wanted}
    except Unreadable:
        return {}


def held_frames(archive: Path, cohort: Cohort, wanted: int, half: int | None) -> Iterator[Shown]:
    """Yield the first frame of clips that wait for a person."""
    sources = cohort.private.sources.all()
    held = [one for one in sources if one.held_frames and not one.member and in_half(one.path, half)]
    for source in held[:: max(1, len(held) // max(1, wanted))][:wanted]:
        frames = source_frames(archive / source.path, {0})
        record = cohort.private_path / "held" / str(source.clip) / "clip.json"
        reason = json.loads(record.read_text())["reason"] if record.exists() else "held"
        if frames:
            empty = np.zeros((TILE, TILE, 3), dtype=np.uint8)
            yield Shown(f"HELD {reason}: {source.path}", (_fitted(_colour(frames[0])), empty, empty))


def _shown(row: dict[str, Any], source: Image, stored: Image) -> Shown:
    place = FrameGeometry.of_row(row)
    fan = mask_of(row["fan_outline"], *source.shape)
    window = np.s_[place.crop_y : place.crop_y + place.crop_h, place.crop_x : place.crop_x + place.crop_w]
    untouched = place.letterboxed(np.ascontiguousarray((source * fan)[window]), stored.shape)
    inner = (
        cv2.erode(fan.astype(np.uint8), np.ones((5, 5), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    )
    changed = np.abs(stored.astype(np.int16) - untouched) > CHANGED_LEVELS
    changed &= place.mask_to_frame(inner, stored.shape)
    before, marked = _colour(source), _colour(stored)
    for corners in separate_polygons(row["fan_outline"]):
        cv2.polylines(before, [corners], True, _GREEN, max(1, source.shape[1] // 500))
    marked[changed] = _RED
    title = f"{row['path']} #{row['index_in_clip']}  label {row['burnt_in_label'] or row['burnt_in_view'] or '-'}"
    title += (
        f"  changed {100 * changed.sum() / max(1, fan.sum() * place.scale**2):.2f} %  fan {row['fan_confidence']:.2f}"
    )
    return Shown(title, (_fitted(before), _fitted(_colour(stored)), _fitted(marked)))


def _colour(picture: Image) -> Image:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), dtype=np.uint8)


def _fitted(picture: Image) -> Image:
    scale = TILE / max(picture.shape[:2])
    small = cv2.resize(
        picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    tile = np.zeros((TILE, TILE, 3), dtype=np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small[:TILE, :TILE]
    return tile


def sheet(shown: list[Shown]) -> Image:
    """Draw up to ``ROWS * COLUMNS`` rows on one picture."""
    page = np.full((ROWS * (TILE + _BAR), COLUMNS * (3 * TILE + 8), 3), 24, dtype=np.uint8)
    for number, one in enumerate(shown):
        y, x = (number // COLUMNS) * (TILE + _BAR), (number % COLUMNS) * (3 * TILE + 8)
        letters = os.fsencode(one.title).decode("ascii", "replace")
        cv2.putText(page, letters[-118:], (x + 4, y + 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _GREY, 1, cv2.LINE_AA)
        page[y + _BAR : y + _BAR + TILE, x : x + 3 * TILE] = np.hstack(one.tiles)
    return page


def write_page(shown: list[Shown], out: Path) -> int:
    """Write the sheets and the page; return how many sheets."""
    out.mkdir(parents=True, exist_ok=True)
    each = ROWS * COLUMNS
    parts = []
    for number, start in enumerate(range(0, len(shown), each)):
        part = shown[start : start + each]
        encoded = cv2.imencode(".png", sheet(part))[1].tobytes()
        (out / f"sheet_{number:03d}.png").write_bytes(encoded)
        titles = "".join(f"<li>{html.escape(os.fsencode(one.title).decode('utf-8', 'replace'))}</li>" for one in part)
        picture = base64.b64encode(encoded).decode()
        parts.append(f'<h2>{number}</h2><img alt="" src="data:image/png;base64,{picture}"><ol>{titles}</ol>')
    head = "<!doctype html><meta charset=utf-8><title>Before and after</title>"
    head += "<style>body{font:14px sans-serif}img{width:100%}</style>"
    note = "<p><strong>This page shows the identity that was removed. Keep it where the archive is.</strong></p>"
    (out / "index.html").write_text(head + note + "".join(parts), encoding="utf-8")
    return len(parts)


def main() -> None:
    """Draw the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cohort", type=Path, default=None, help="made if it is not there")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--per-clip", type=int, default=2)
    parser.add_argument("--held", type=int, default=24, help="held clips to show")
    parser.add_argument("--half", type=int, choices=(0, 1), default=None, help="only one of two halves of the files")
    parser.add_argument("--clip-rate", type=float, default=1.0, help="frames a second to keep from clips")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--workers", type=int, default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path: Path = arguments.cohort or Path(folder) / "cohort"
        if not path.exists():
            from sonosift.commands.ingest import ingest

            told = {"size": arguments.size, "workers": arguments.workers, "clip_rate_hz": arguments.clip_rate}
            print(ingest(arguments.archive, path, **told).describe())
        cohort = Cohort.open(path)
        print("\n".join(counts(cohort, arguments.half)))
        shown = list(kept_frames(arguments.archive, cohort, arguments.frames, arguments.per_clip, arguments.half))
        kept = len(shown)
        shown += held_frames(arguments.archive, cohort, arguments.held, arguments.half)
        sheets = write_page(shown, arguments.out)
        print(f"{kept} kept frames and {len(shown) - kept} held on {sheets} sheets in {arguments.out}")


if __name__ == "__main__":
    main()
