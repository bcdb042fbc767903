"""What an ingest will do, in a fixed order: which files to decode, and under which pseudonyms."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sonosift.archive.unreadable import Reason
from sonosift.cohort.sources import Source
from sonosift.ingest.clip_job import DecodeJob, Looked
from sonosift.ingest.find_files import storable
from sonosift.ingest.guess_patient import FolderOwners, KnownFile
from sonosift.privacy.pseudonyms import Pseudonyms


@dataclass
class Plan:
    """Files to decode and files already judged, and how the patients of the first were known."""

    jobs: list[tuple[str, DecodeJob]] = field(default_factory=list)
    refused: list[Source] = field(default_factory=list)
    patients_known_from: Counter[str] = field(default_factory=Counter)


def unchanged(archive: Path, path: str, known: dict[str, Source]) -> bool:
    """Say whether a file is recorded with the size and the time it has now."""
    source = known.get(storable(path))
    if source is None:
        return False
    try:
        found = (archive / path).stat()
    except OSError:
        return source.reason == Reason.NOT_PERMITTED
    return (found.st_mtime_ns, found.st_size) == (source.modified_ns, source.size)


def make_plan(
    archive: Path, looked: Sequence[tuple[str, Looked]], known: dict[str, Source], pseudonyms: Pseudonyms
) -> Plan:
    """Decide about every file that was looked at.

    Args:
        archive: The archive's folder.
        looked: Relative path and first glance, in the order of the archive. Files that are already in the cohort
            may be among them: they only help to tell whose a folder is.
        known: What the cohort already has, by storable path.
        pseudonyms: The keyed names.
    """
    plan = Plan()
    owners = FolderOwners(
        pseudonyms,
        (
            KnownFile(path, glance.patient, glance.patient_number or "", glance.exam)
            for path, glance in looked
            if glance.reason is None and glance.patient is not None
        ),
    )
    ingested = [source for source in known.values() if source.state == "ingested"]
    bytes_seen = {source.sha256: source.path for source in ingested}
    clips_taken = {source.clip: source.sha256 for source in ingested}
    for path, glance in looked:
        if unchanged(archive, path, known):
            continue
        stored = storable(path)
        reason = glance.reason
        if reason is None and bytes_seen.setdefault(glance.sha256, stored) != stored:
            reason = Reason.EXACT_DUPLICATE
        if reason is not None:
            plan.refused.append(refused(path, glance, Reason(reason)))
            continue
        by_content = pseudonyms.clip(f"sha256:{glance.sha256}")
        clip = glance.instance or by_content
        if clips_taken.setdefault(clip, glance.sha256) != glance.sha256:
            clip = by_content  # two different files under one instance UID
            clips_taken[clip] = glance.sha256
        if glance.patient is not None and glance.exam is not None:
            patient, exam, how = glance.patient, glance.exam, "header"
        else:
            owner = owners.owner_of(path, glance.patient)
            patient, exam, how = owner.patient, owner.exam, owner.known_from
        plan.patients_known_from[how] += 1
        where = os.fspath(archive / path)
        plan.jobs.append(
            (path, DecodeJob(where, glance.sha256, glance.modified_ns, glance.size, clip, clip, exam, patient))
        )
    return plan


def refused(path: str, glance: Looked, reason: Reason) -> Source:
    """Describe a file that is not taken in."""
    return Source(
        path=storable(path),
        sha256=glance.sha256,
        modified_ns=glance.modified_ns,
        size=glance.size,
        state="skipped" if reason.is_skip else "quarantined",
        reason=str(reason),
    )
