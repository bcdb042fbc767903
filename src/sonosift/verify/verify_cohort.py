"""The whole of a verification: gather what must not be there, search all files, look at all frames and folders."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.archive.unreadable import Reason
from sonosift.ingest.find_files import find_files
from sonosift.machine import progress
from sonosift.verify.archive_texts import archive_texts, path_texts
from sonosift.verify.byte_search import ByteSearch
from sonosift.verify.expected_files import chosen_names
from sonosift.verify.exported_files import ACTIONS_TABLE, ExportedFiles, without_shifted_dates
from sonosift.verify.file_texts import Text, UnreadableFileError, texts_of, without_pictures
from sonosift.verify.folder_checks import FolderFinding, check_folders
from sonosift.verify.frame_doubts import OUTSIDE, FrameDoubt
from sonosift.verify.harvest_file import IDENTIFIERS
from sonosift.verify.identity_patterns import find_patterns, own_marks
from sonosift.verify.mapping_tables import MappingTables
from sonosift.verify.search_terms import SearchTerm, SearchTerms, TermBook, is_date
from sonosift.verify.word_search import WordSearch

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

_PAGES = (".html", ".htm", ".svg")


@dataclass(frozen=True)
class Hit:
    """A term, or something that looks like an identity, in a file of the cohort.

    Attributes:
        what: The term as the archive writes it, or the kind of pattern.
        file: Path relative to the cohort.
        where: The place in the file.
        count: How often.
        kinds: Which elements of the archive hold the term; empty for a pattern.
    """

    what: str
    file: str
    where: str
    count: int
    kinds: tuple[str, ...] = ()


@dataclass
class Findings:
    """Everything that a verification found and did."""

    cohort: str
    started: datetime
    archive_files: int | None = None
    unread_archive_files: list[str] = field(default_factory=list)
    terms: SearchTerms = field(default_factory=lambda: SearchTerms([], {}))
    hits: list[Hit] = field(default_factory=list)
    patterns: list[Hit] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    folders: list[FolderFinding] = field(default_factory=list)
    doubts: list[FrameDoubt] = field(default_factory=list)
    suspicions: list[FrameDoubt] = field(default_factory=list)
    mappings: dict[str, str] = field(default_factory=dict)
    files: int = 0
    megabytes: float = 0.0
    search_seconds: float = 0.0
    frames: int = 0
    frames_read: int = 0
    frame_seconds: float = 0.0
    held_frames: int | None = None
    pages_left_out: int | None = None

    @property
    def tokens_found(self) -> int:
        """How many different terms stand in the cohort, in files or in frames."""
        return len({hit.what for hit in self.hits}) + len({doubt.text for doubt in self.doubts if doubt.is_identity})

    @property
    def frames_doubted(self) -> int:
        """How many frames are in doubt."""
        return len({doubt.frame_id for doubt in self.doubts})

    @property
    def frames_suspected(self) -> int:
        """How many frames the independent check alone suspects, where reading them found nothing."""
        return len({doubt.frame_id for doubt in self.suspicions} - {doubt.frame_id for doubt in self.doubts})

    @property
    def passed(self) -> bool:
        """Whether nothing at all was found."""
        return not (self.hits or self.patterns or self.unreadable or self.folders or self.doubts)


def verify_cohort(cohort: Cohort, archive: Path | None, *, ocr: bool, exported: Path | None = None) -> Findings:
    """Search a cohort again, and exported DICOM files with it if a folder is given."""
    found = Findings(str(cohort.path), datetime.now(UTC))
    compared = ExportedFiles(cohort) if exported is not None and cohort.private.exists else None
    found.terms = _gather_terms(cohort, archive, found, compared)
    _search_files(cohort.path, found, None if archive is not None else own_marks(cohort))
    found.folders = check_folders(cohort)
    _look_at_frames(cohort, found, ocr=ocr)
    if exported is not None:
        _search_exported(exported, found, compared)
    return found


def _gather_terms(cohort: Cohort, archive: Path | None, found: Findings, compared: ExportedFiles | None) -> SearchTerms:
    """Gather terms from the archive, and from what the private folder knows of it."""
    book = TermBook()
    if cohort.private.exists:
        sources = cohort.private.sources.all()
        found.held_frames = sum(source.held_frames for source in sources)
        found.pages_left_out = sum(source.reason == Reason.NO_ULTRASOUND_PICTURE for source in sources)
        for source in sources:
            book.add_file([*path_texts(source.path), *path_texts(source.member)])
    if archive is not None:
        paths = find_files(archive)
        found.archive_files = len(paths)
        # Identifiers of exported files where there are any, else those of the cohort.
        mapping = MappingTables(cohort, dicom=compared is not None) if cohort.private.exists else None
        for file in archive_texts(archive, paths):
            if file.texts is None:
                found.unread_archive_files.append(file.path)
                book.add_file(path_texts(file.path))
                continue
            book.add_file((kind, text) for kind, text in file.texts if kind != IDENTIFIERS)
            if mapping is not None:
                mapping.add_file(file.texts)
            if compared is not None:
                compared.add_source(file.texts)
        if mapping is not None:
            found.mappings = mapping.tables()
    return book.choose()


def _search_files(folder: Path, found: Findings, marks: re.Pattern[str] | None) -> None:
    """Search names, bytes and decoded texts of every file; without an archive also for what looks like an identity."""
    terms = found.terms.searched
    words, raw = WordSearch(term.words for term in terms), ByteSearch([term.text for term in terms])
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    sizes = {path: path.stat().st_size for path in files}
    started = time.monotonic()
    with progress.bar("search files", round(sum(sizes.values()) / 1e6, 1), "MB") as bar:
        for path in files:
            name = path.relative_to(folder).as_posix()
            texts = chain([Text("its name", chosen_names(name))], texts_of(path))
            try:
                _search_texts(name, texts, words, found, terms, marks)
            except UnreadableFileError:
                found.unreadable.append(name)
            in_bytes = (
                raw.find(without_pictures(path.read_bytes())) if path.suffix in _PAGES else raw.find_in_file(path)
            )
            known = {hit.what for hit in found.hits if hit.file == name}
            # What the decoded texts told already is not told twice.
            found.hits += [hit for hit in _hits(name, "its bytes", in_bytes, terms) if hit.what not in known]
            bar.advance(sizes[path] / 1e6)
    found.files, found.megabytes = len(files), sum(sizes.values()) / 1e6
    found.search_seconds = time.monotonic() - started


def _search_exported(folder: Path, found: Findings, compared: ExportedFiles | None) -> None:
    """Search the elements and bytes of exported DICOM files; their names show as ``exported/…``."""
    # Shifted days are days that other patients were born on: dates are compared element by element instead.
    terms = [term for term in found.terms.searched if not is_date(term.words)]
    words, raw = WordSearch(term.words for term in terms), ByteSearch([term.text for term in terms])
    for file in archive_texts(folder, find_files(folder)):
        name = f"exported/{file.path}"
        found.files += 1
        found.megabytes += (folder / file.path).stat().st_size / 1e6
        if file.texts is None:
            found.unreadable.append(name)
            continue
        texts = [Text(kind, text) for kind, text in without_shifted_dates(file.texts)]
        _search_texts(name, texts, words, found, terms, None)
        known = {hit.what for hit in found.hits if hit.file == name}
        in_bytes = _hits(name, "its bytes", raw.find_in_file(folder / file.path), terms)
        found.hits += [hit for hit in in_bytes if hit.what not in known]
        if compared is not None:
            compared.add_exported(name, file.texts)
    if compared is not None:
        found.mappings[ACTIONS_TABLE] = compared.table()
        if compared.failures:
            problem = f"{compared.failures} elements were not treated as they should be: see {ACTIONS_TABLE}"
            found.folders.append(FolderFinding("exported", problem))


def _search_texts(
    name: str,
    texts: Iterable[Text],
    words: WordSearch,
    found: Findings,
    terms: list[SearchTerm],
    marks: re.Pattern[str] | None,
) -> None:
    by_place: dict[str, Counter[int]] = {}
    patterns: dict[str, Counter[str]] = {}
    try:
        for text in texts:
            by_place.setdefault(text.where, Counter()).update(words.find(text.text))
            if marks is not None:
                foreign = marks.sub(" ", text.text)
                patterns.setdefault(text.where, Counter()).update(find_patterns(foreign, is_ours=text.is_ours))
    finally:
        # What was read of a file before it turned out to be damaged counts too.
        for where, counted in by_place.items():
            found.hits += _hits(name, where, counted, terms)
        found.patterns += [
            Hit(kind, name, where, count) for where, counted in patterns.items() for kind, count in counted.items()
        ]


def _hits(name: str, where: str, counted: Counter[int], terms: list[SearchTerm]) -> list[Hit]:
    return [
        Hit(terms[place].text, name, where, count, tuple(sorted(terms[place].kinds)))
        for place, count in sorted(counted.items())
    ]


def _look_at_frames(cohort: Cohort, found: Findings, *, ocr: bool) -> None:
    from sonosift.verify.clip_looks import look_at_clips

    started = time.monotonic()
    with progress.bar("look at frames", len(cohort.catalog()), "frames") as bar:
        for look in look_at_clips(cohort, [term.words for term in found.terms.searched], ocr=ocr):
            # Scaled down, speckle and rib shadows look like small letters more often than in the source, where the
            # same check has passed them. Where every frame is read as well, that alone is no finding.
            alone = [doubt for doubt in look.doubts if look.read is not None and doubt.sign != OUTSIDE]
            found.suspicions += alone
            found.doubts += [doubt for doubt in look.doubts if doubt not in alone]
            if look.read is not None:
                found.doubts += look.read
                found.frames_read += look.frames
            found.frames += look.frames
            bar.advance(look.frames)
    found.frame_seconds = time.monotonic() - started
