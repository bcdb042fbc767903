"""First glance at a file, in a child: its hash, whether a reader exists for it, and whose it is, as pseudonyms."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.ingest.clip_job import Looked
from sonosift.privacy.pseudonyms import Pseudonyms


def look_at_file(path: Path, pseudonyms: Pseudonyms) -> Looked:
    """Hash the file and read its header; pixels stay untouched."""
    try:
        before = path.stat()
        sha256 = hash_of(path)
    except OSError:
        return Looked("", 0, 0, reason=Reason.NOT_PERMITTED)
    try:
        header = open_clip(path).header
    except Unreadable as error:
        return Looked(sha256, before.st_size, before.st_mtime_ns, reason=error.reason)
    identity = header.identity
    patient = pseudonyms.patient(identity.issuer, identity.patient_id) if identity.patient_id else None
    return Looked(
        sha256,
        before.st_size,
        before.st_mtime_ns,
        has_header=header.kind == "dicom",
        patient=patient,
        patient_number=pseudonyms.patient_number(identity.patient_id) if patient else None,
        exam=pseudonyms.exam(patient, identity.exam) if patient and identity.exam else None,
        instance=pseudonyms.clip(identity.instance) if identity.instance else None,
    )


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
