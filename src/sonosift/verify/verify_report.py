"""The report of a verification: a page for the data-protection officer, the same as JSON, and tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sonosift.machine import atomic
from sonosift.verify.frame_doubts import OUTSIDE, FrameDoubt
from sonosift.verify.frame_reading import TEXT_READ
from sonosift.verify.pages import picture, render

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort
    from sonosift.verify.verify_cohort import Findings

FOLDER = "verify"
PAGE = "report.html"
_MOST_ROWS = 500
_MOST_SHOTS = 120
_WRITING = frozenset({"writing", "still_writing"})
_MEANINGS = {
    OUTSIDE: "bright pixels outside the fan",
    "writing": "may be writing",
    "still_writing": "a mark that stays still",
    TEXT_READ: "text was read",
}
_FILES = {
    "report.json": "all of it for programs",
    "findings.csv": "every finding",
    "left_out_words.csv": "words that were not searched for",
    "uid_mapping.csv": "old and new unique identifiers",
    "patid_mapping.csv": "old and new patient identifiers",
    "actions.csv": "what became of each element of the exported DICOM files",
}


@dataclass(frozen=True)
class _Check:
    name: str
    how: str
    state: str
    result: str


@dataclass(frozen=True)
class _Shot:
    doubt: FrameDoubt
    meaning: str
    picture: str


def write_report(cohort: Cohort, found: Findings) -> Path:
    """Write page, JSON and tables into the private folder, and return the page."""
    folder = cohort.private_path / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        "report.json": json.dumps(_as_json(found), indent=1, ensure_ascii=False) + "\n",
        "findings.csv": _findings_table(found),
        "left_out_words.csv": _left_out_table(found),
        **found.mappings,
    }
    for name in _FILES:
        if name not in contents:
            (folder / name).unlink(missing_ok=True)
    beside = {name: _FILES[name] for name in contents}
    contents[PAGE] = render(
        "verify_report.html",
        found=found,
        sentences=sentences(found),
        tiles=_tiles(found),
        checks=_checks(found),
        shots=_shots(cohort, found.doubts),
        suspected=_shots(cohort, found.suspicions),
        most=_MOST_ROWS,
        files=beside,
    )
    for name, content in contents.items():
        atomic.write_text(folder / name, content)
        (folder / name).chmod(0o600)
    return folder / PAGE


def sentences(found: Findings) -> list[str]:
    """Say in sentences what was found, without repeating an identity."""
    said = []
    if found.hits:
        terms, files = len({hit.what for hit in found.hits}), len({hit.file for hit in found.hits})
        said.append(f"Identifying terms in files: {terms:,} (files: {files:,}).")
    read = [doubt for doubt in found.doubts if doubt.is_identity]
    if read:
        said.append(f"Frames in which identifying text was read: {len({doubt.frame_id for doubt in read}):,}.")
    if found.patterns:
        said.append(f"Places that look like an identity: {len(found.patterns):,}.")
    if found.frames_doubted:
        said.append(f"Frames in doubt: {found.frames_doubted:,} of {found.frames:,}.")
    if found.folders or found.unreadable:
        said.append(f"Files and folders not as they should be: {len(found.folders) + len(found.unreadable):,}.")
    whole = f"No identity was found in {found.files:,} files and {found.frames:,} frames."
    return said or [whole]


def _tiles(found: Findings) -> list[tuple[str, str]]:
    speed = found.megabytes / max(found.search_seconds, 1e-3)
    return [
        ("terms searched for", f"{len(found.terms.searched):,}"),
        ("files searched", f"{found.files:,}"),
        ("megabytes searched", f"{found.megabytes:,.0f}"),
        ("megabytes a second", f"{speed:,.0f}"),
        ("frames looked at", f"{found.frames:,}"),
        ("frames read with OCR", f"{found.frames_read:,}"),
        *_kept_outside(found),
    ]


def _kept_outside(found: Findings) -> list[tuple[str, str]]:
    """Say what of the archive is not in the cohort; the private folder knows."""
    if found.held_frames is None or found.pages_left_out is None:
        return []
    return [
        ("frames held back for a person", f"{found.held_frames:,}"),
        ("pages left out: no ultrasound picture", f"{found.pages_left_out:,}"),
    ]


def _checks(found: Findings) -> list[_Check]:
    signs = {doubt.sign for doubt in found.doubts}
    suspected = {doubt.frame_id for doubt in found.suspicions}
    against = found.archive_files is not None
    places = "file names, raw bytes (UTF-8, Latin-1, UTF-16), decoded tables, databases, pages, metadata"
    rows = [
        ("Terms of the archive", f"{len(found.terms.searched):,} terms in {places}", bool(found.hits), True),
        ("Patterns", "without an archive: dates, identifiers, long numbers, addresses, names with ^",
         bool(found.patterns), not against),
        ("Pixels outside the fan", "every frame: exactly black there", OUTSIDE in signs, True),
        ("Independent check", "every frame, by a network that the cleaner does not use", bool(signs & _WRITING), True),
        ("Reading the frames", "every frame enlarged twofold and read with OCR", TEXT_READ in signs,
         found.frames_read > 0),
        ("Permissions and files", "private folder, key, links, unexpected files", bool(found.folders), True),
        ("Damaged files", "every table, database and document can be decoded", bool(found.unreadable), True),
    ]  # fmt: skip
    checks = [_check(*row) for row in rows]
    if suspected:
        result = f"{found.frames_suspected:,} frames to look at"
        checks[3] = _Check(checks[3].name, f"{checks[3].how}; alone it is no finding", "skipped", result)
    if not against:
        names = f"{len(found.terms.searched):,} names of source files, in {places}; not the archive's headers"
        checks[0] = _check("Terms of the archive", names, bool(found.hits), True)
    return checks


def _check(name: str, how: str, failed: bool, done: bool) -> _Check:
    if not done:
        return _Check(name, how, "skipped", "not done")
    return _Check(name, how, "found" if failed else "ok", "look below" if failed else "nothing found")


def _shots(cohort: Cohort, doubts: Sequence[FrameDoubt]) -> list[_Shot]:
    ordered = sorted(doubts, key=lambda doubt: (not doubt.is_identity, doubt.sign, -doubt.score, doubt.frame_id))
    shots = []
    for doubt in ordered[:_MOST_SHOTS]:
        frame = cv2.cvtColor(cohort.frames.read([doubt.frame_id])[0], cv2.COLOR_GRAY2BGR)
        x0, y0, x1, y1 = doubt.box
        cv2.rectangle(frame, (x0 - 1, y0 - 1), (x1, y1), (60, 160, 255), 1)
        shots.append(_Shot(doubt, _MEANINGS.get(doubt.sign, doubt.sign), picture(np.asarray(frame, np.uint8))))
    return shots


def _as_json(found: Findings) -> dict[str, object]:
    return {
        "passed": found.passed,
        "cohort": found.cohort,
        "started": found.started.isoformat(timespec="seconds"),
        "archive_files": found.archive_files,
        "unread_archive_files": found.unread_archive_files,
        "terms_searched": len(found.terms.searched),
        "left_out": {rule: len(words) for rule, words in found.terms.left_out.items()},
        "files_searched": found.files,
        "megabytes": round(found.megabytes, 3),
        "search_seconds": round(found.search_seconds, 3),
        "frames": found.frames,
        "frames_read": found.frames_read,
        "frame_seconds": round(found.frame_seconds, 3),
        "held_frames": found.held_frames,
        "pages_left_out": found.pages_left_out,
        "hits": [asdict(hit) for hit in found.hits],
        "patterns": [asdict(hit) for hit in found.patterns],
        "doubts": [asdict(doubt) for doubt in found.doubts],
        "suspicions": [asdict(doubt) for doubt in found.suspicions],
        "folders": [asdict(finding) for finding in found.folders],
        "unreadable": found.unreadable,
    }


def _findings_table(found: Findings) -> str:
    rows = [("term", hit.what, hit.file, hit.where, hit.count) for hit in found.hits]
    rows += [("pattern", hit.what, hit.file, hit.where, hit.count) for hit in found.patterns]
    rows += [(doubt.sign, doubt.text, doubt.frame_id, str(doubt.box), 1) for doubt in found.doubts]
    rows += [(f"suspected {doubt.sign}", "", doubt.frame_id, str(doubt.box), 1) for doubt in found.suspicions]
    rows += [("folder", finding.problem, finding.path, "", 1) for finding in found.folders]
    rows += [("damaged", "", name, "", 1) for name in found.unreadable]
    return _csv(["kind", "what", "file_or_frame", "where", "count"], rows)


def _left_out_table(found: Findings) -> str:
    return _csv(["rule", "word"], [(rule, word) for rule, words in found.terms.left_out.items() for word in words])


def _csv(columns: list[str], rows: Sequence[tuple[object, ...]]) -> str:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return content.getvalue()
