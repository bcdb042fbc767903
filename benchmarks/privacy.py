"""Is identity gone? A cohort made from a simulated archive, measured against its truth.

    sonosift phantom hospital --patients 40 --seed 5 --clean-pictures
    python -m benchmarks.privacy hospital

The archive is ingested into a new folder (``--cohort`` keeps it, or takes one that is already there) with frames of
1,024 pixels, as large as the sources or larger, so that what is left of a text can be seen; ``--size 256`` measures
what is usually stored. The table goes to standard output. What counts as a text that is left, and as an altered pixel,
stands at the top of ``privacy_pictures.py``; a text also counts as left if OCR reads it in the stored frame: a line
that overlaps its place and agrees in 60 % of its letters.
"""

from __future__ import annotations

import argparse
import difflib
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.ingest_decoding import Archive, Image
from benchmarks.privacy_identity import searched_tokens, tokens_in_cohort
from benchmarks.privacy_pictures import FrameFound, TextFound, judge_frame
from benchmarks.privacy_tables import duplicates, flags, label_noise, read_labels, set_aside, view_noise
from sonosift.archive.unreadable import Reason
from sonosift.cohort.cohort import Cohort

READ_ALIKE, LEAST_READ = 0.6, 3


@dataclass
class Pictures:
    """What was measured on all frames.

    Attributes:
        frames: One entry per frame that is in the cohort and shows a scan.
        read: Texts that OCR still reads, by frame number.
        read_anywhere: Frames in which OCR reads anything of three letters or more, wherever it is.
        ocr_frames: Frames that OCR looked at.
    """

    frames: list[FrameFound] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    read: dict[int, set[int]] = field(default_factory=dict)
    read_anywhere: list[str] = field(default_factory=list)
    ocr_frames: int = 0


def joined(cohort: Cohort, truth: Path) -> pl.DataFrame:
    """Return the catalog with path and member, joined with the truth's frames."""
    place = ["member", "index_in_clip"]
    known = pl.read_parquet(truth / "frames.parquet").drop("patient", "exam", "clip", "mm_per_pixel", "time_s")
    known = known.rename({"is_doppler": "true_doppler", "is_dual": "true_dual"})
    catalog = cohort.catalog().drop("index_in_clip")
    return (
        cohort.frames_by_source()
        .join(catalog, on="frame_id")
        .join(known, left_on=["path", *place], right_on=["file", *place], how="left")
        .sort("path", "member", "index_in_clip")
    )


def measure_pictures(hospital: Path, cohort: Cohort, rows: pl.DataFrame, ocr: str) -> Pictures:
    """Compare every stored frame of a scan with its source; ``ocr`` is ``all``, ``texts`` or ``none``."""
    archive = Archive(hospital / "archive")
    pictures = Pictures()
    scans = rows.filter(pl.col("fan").is_not_null())
    for (path, member), clip in scans.group_by("path", "member", maintain_order=True):
        sources = archive.greys(str(path), str(member))
        clean = _clean(hospital / "truth", str(path), str(member))
        stored = cohort.frames.read(clip["frame_id"].to_list())
        for row, frame in zip(clip.iter_rows(named=True), stored, strict=True):
            index = row["index_in_clip"]
            found = judge_frame(row, frame, sources[index], clean[index])
            pictures.frames.append(found)
            pictures.places.append(f"{path}{'::' if member else ''}{member} frame {index}")
            words = any(text.visible and text.on_image and len(text.text) >= LEAST_READ for text in found.texts)
            if ocr == "all" or (ocr == "texts" and words):
                _read_again(pictures, frame, found)
    return pictures


def _clean(truth: Path, path: str, member: str) -> Image:
    file = truth / "clean" / (f"{path}/{member}.npz" if member else f"{path}.npz")
    with np.load(file) as arrays:
        return np.asarray(arrays["frames"])


def _read_again(pictures: Pictures, frame: Image, found: FrameFound) -> None:
    number = len(pictures.frames) - 1
    pictures.ocr_frames += 1
    lines = list(lines_read(frame))
    if any(len(_letters(text)) >= LEAST_READ for text, _ in lines):
        pictures.read_anywhere.append(f"{pictures.places[-1]}: {[text for text, _ in lines]}")
    for index, text in enumerate(found.texts):
        if any(_overlap(text, box) and alike(text.text, line) for line, box in lines):
            pictures.read.setdefault(number, set()).add(index)


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})


def lines_read(frame: Image) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Read a frame with RapidOCR as it comes out of the box."""
    result = _engine()(np.repeat(frame[..., None], 3, axis=2))
    if result.boxes is None or result.txts is None:
        return
    for corners, text in zip(result.boxes, result.txts, strict=True):
        low, high = np.min(corners, axis=0), np.max(corners, axis=0)
        yield str(text), (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _letters(text: str) -> str:
    return "".join(character for character in text.upper() if character.isalnum())


def alike(one: str, other: str) -> bool:
    one, other = _letters(one), _letters(other)
    return len(other) >= 2 and difflib.SequenceMatcher(None, one, other).ratio() >= READ_ALIKE


def _overlap(text: TextFound, box: tuple[float, float, float, float]) -> bool:
    x0, y0, x1, y1 = text.box
    return x0 < box[2] and box[0] < x1 and y0 < box[3] and box[1] < y1


def describe(hospital: Path, cohort: Cohort, ocr: str) -> list[tuple[str, str, str]]:
    """Return rows of the table: what, how much, and the target."""
    truth = hospital / "truth"
    rows = joined(cohort, truth)
    sources = pl.DataFrame([asdict(source) for source in cohort.private.sources.all()], infer_schema_length=None)
    files = pl.read_parquet(truth / "files.parquet")
    unknown = rows.filter(pl.col("kind").is_null())
    known = rows.filter(pl.col("kind").is_not_null())
    pictures = measure_pictures(hospital, cohort, known, ocr)
    tokens = searched_tokens(truth / "identities.csv")
    found = tokens_in_cohort(cohort.path, tokens)
    missed, wronged, reasons = set_aside(sources, files)
    table = [
        ("frames in the cohort", f"{len(rows)} ({len(unknown)} not in the truth)", ""),
        ("identity tokens found", f"{len(found)} of {len(tokens)} searched {found[:5] or ''}", "0"),
        *_text_rows(pictures),
        *_picture_rows(pictures),
        *_held_rows(cohort, known, sources, truth),
        ("corrupt files not quarantined", f"{len(missed)} {missed[:5] or ''}", "0"),
        ("quarantined files that are not corrupt", f"{len(wronged)} {wronged[:5] or ''}", "0"),
        ("reasons", ", ".join(f"{name} {count}" for name, count in sorted(reasons.items())), ""),
    ]
    if len(known):
        noise, named = label_noise(known)
        views, viewed = view_noise(known)
        table += [
            ("burnt-in label against the typed text", str(read_labels(known, "burnt_in_label", "abdomen")), ""),
            ("burnt-in label not in the true labels", f"{noise:.3f} of {named}", ""),
            ("burnt-in view against the typed text", str(read_labels(known, "burnt_in_view", "views")), ""),
            ("burnt-in view not the view scanned", f"{views:.3f} of {viewed}", ""),
            ("near-duplicate pairs", str(duplicates(known)), ""),
            ("colour Doppler", str(flags(known, "is_doppler", "true_doppler")), ""),
            ("dual screen", str(flags(known, "is_dual", "true_dual")), ""),
        ]
    return table


def _text_rows(pictures: Pictures) -> Iterator[tuple[str, str, str]]:
    frames = max(1, len(pictures.frames))
    for title, only_identity in (("text", False), ("identity", True)):
        seen = left = read = either = 0
        for number, frame in enumerate(pictures.frames):
            for index, text in enumerate(frame.texts):
                if text.visible and (text.is_identity or not only_identity):
                    is_read = index in pictures.read.get(number, ())
                    seen, left, read = seen + 1, left + text.left, read + is_read
                    either += text.left or is_read
        yield f"visible {title} in the crop of the source, per 1,000 frames", f"{1000 * seen / frames:.1f} ({seen})", ""
        yield (
            f"residual {title} per 1,000 frames",
            f"{1000 * either / frames:.2f} ({left} by contrast, {read} by OCR)",
            "0",
        )
    shown = f"{len(pictures.read_anywhere)} of {pictures.ocr_frames} looked at {pictures.read_anywhere[:3] or ''}"
    yield "frames in which OCR reads anything", shown, ""


def _picture_rows(pictures: Pictures) -> Iterator[tuple[str, str, str]]:
    overlap = np.array([frame.fan_overlap for frame in pictures.frames] or [1.0])
    low = f"mean {overlap.mean():.4f}, 5 % below {np.quantile(overlap, 0.05):.4f}, least {overlap.min():.4f}"
    yield "fan, intersection over union", low, ">= 0.97"
    altered, judged, fan, changed = (
        sum(getattr(frame, name) for frame in pictures.frames)
        for name in ("altered", "judged", "fan_pixels", "changed")
    )
    yield "fan pixels altered outside text", f"{100 * altered / max(1, fan):.3f} %", "<= 0.2 %"
    yield (
        "fan pixels changed in all",
        f"{100 * changed / max(1, fan):.3f} % (judged {100 * judged / max(1, fan):.1f} %)",
        "",
    )


def _held_rows(
    cohort: Cohort, known: pl.DataFrame, sources: pl.DataFrame, truth: Path
) -> Iterator[tuple[str, str, str]]:
    held = int(sources["held_frames"].sum())
    share = held / max(1, held + len(cohort.catalog()))
    yield "frames held back", f"{100 * share:.2f} % ({held})", "< 3 %"
    frames = pl.read_parquet(truth / "frames.parquet")
    kinds = frames.group_by("file", "member").agg(pl.col("kind").first())
    waiting = sources.filter(pl.col("held_frames") > 0).join(
        kinds, left_on=["path", "member"], right_on=["file", "member"], how="left"
    )
    scans = waiting.filter(pl.col("kind").is_in(["scan", "dual"]))
    of_scans = int(scans["held_frames"].sum())
    kept = len(known.filter(pl.col("fan").is_not_null()))
    yield "of scans alone", f"{100 * of_scans / max(1, of_scans + kept):.2f} % ({of_scans})", "< 3 %"
    pages = int(waiting["held_frames"].sum()) - of_scans
    in_cohort = len(known.filter(~pl.col("kind").is_in(["scan", "dual"])))
    out = sources.filter(pl.col("reason") == Reason.NO_ULTRASOUND_PICTURE).join(
        kinds, left_on=["path", "member"], right_on=["file", "member"], how="left"
    )
    lost = len(out.filter(pl.col("kind").is_in(["scan", "dual"])))
    yield "report pages and test images", f"{len(out) - lost} left out, {pages} held, {in_cohort} in the cohort", "0, 0"
    yield "scans left out as pages", f"{lost}", "0"


def worst(pictures: Pictures, count: int) -> Iterator[str]:
    """Name frames with residual text, for a look at them."""
    for number, frame in enumerate(pictures.frames):
        left = [text for index, text in enumerate(frame.texts)
                if text.left or index in pictures.read.get(number, ())]  # fmt: skip
        if left and count:
            count -= 1
            yield f"{pictures.places[number]}: {[(text.text, round(text.kept_share, 2)) for text in left]}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hospital", type=Path)
    parser.add_argument("--cohort", type=Path, default=None)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--ocr", choices=("all", "texts", "none"), default="texts", help="frames that OCR looks at")
    arguments = parser.parse_args()
    from sonosift.commands.ingest import ingest

    with tempfile.TemporaryDirectory() as folder:
        path: Path = arguments.cohort or Path(folder) / "cohort"
        if not path.exists():
            ingest(arguments.hospital / "archive", path, size=arguments.size, workers=arguments.workers)
        print("| measure | found | target |\n|---|---|---|")
        for row in describe(arguments.hospital, Cohort.open(path), arguments.ocr):
            print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
