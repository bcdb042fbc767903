"""First glance at a file, in a child: its hash, whether a reader exists for it, and whose it is, as pseudonyms."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sonosift.archive.clip import ClipHeader
from sonosift.archive.open_clip import open_clip
from sonosift.archive.sniff import Content, sniff
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.archive.zip_members import list_members
from sonosift.cohort.scope import Scope
from sonosift.ingest.clip_job import Looked, LookJob, WorkerSettings
from sonosift.ingest.source_file import source_file
from sonosift.privacy.pseudonyms import Pseudonyms


def look_at_file(job: LookJob, settings: WorkerSettings) -> Looked:
    """Hash the file and read its header, or list the members of a zip; pixels stay untouched."""
    on_disk = Path(job.path)
    try:
        found = on_disk.stat()
    except OSError:
        # A link that leads nowhere has a reason of its own.
        reason = Reason.BROKEN_LINK if on_disk.is_symlink() else Reason.NOT_PERMITTED
        return Looked("", 0, 0, reason=reason)
    size, modified_ns = found.st_size, found.st_mtime_ns
    try:
        with source_file(on_disk, job.member, Path(settings.spool)) as path:
            return _looked(path, job, settings, size, modified_ns)
    except Unreadable as error:
        return Looked("", size, modified_ns, reason=error.reason)


def _looked(path: Path, job: LookJob, settings: WorkerSettings, size: int, modified_ns: int) -> Looked:
    if not job.member and sniff(path) is Content.ZIP:
        return Looked("", size, modified_ns, members=[member.name for member in list_members(path)])
    try:
        header = open_clip(path).header
    except Unreadable as error:
        sha256 = "" if error.reason in _UNREAD else hash_of(path)
        return Looked(sha256, size, modified_ns, path.stat().st_size if sha256 else 0, reason=error.reason)
    scope = Scope(include=settings.include, exclude=settings.exclude)
    failed = scope.first_failed(header_facts(header))
    pseudonyms = Pseudonyms(bytes.fromhex(settings.key_hex))
    identity = header.identity
    patient = pseudonyms.patient(identity.issuer, identity.patient_id) if identity.patient_id else None
    return Looked(
        hash_of(path),
        size,
        modified_ns,
        path.stat().st_size,
        reason=None if failed is None else Reason.OUT_OF_SCOPE,
        rule=None if failed is None else scope.steps[failed].title,
        patient=patient,
        patient_number=pseudonyms.patient_number(identity.patient_id) if patient else None,
        exam=pseudonyms.exam(patient, identity.exam) if patient and identity.exam else None,
        instance=pseudonyms.clip(identity.instance) if identity.instance else None,
    )


_UNREAD = frozenset({Reason.NOT_A_FILE, Reason.BROKEN_LINK, Reason.NOT_PERMITTED})


def header_facts(header: ClipHeader) -> dict[str, list[str]]:
    """Return what the scope rules may ask of a header; what it does not say is the empty text."""
    machine = " ".join(part.strip() for part in (header.manufacturer, header.model) if part)
    return {
        "exam_title": [header.series_description or ""],
        "study_description": [header.study_description or ""],
        "body_part": [header.body_part or ""],
        "machine": [machine],
        "modality": [header.modality or ""],
    }


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
