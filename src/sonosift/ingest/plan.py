"""What an ingest will do, in a fixed order: which files to decode, and under which pseudonyms."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from sonosift.archive.unreadable import Reason
from sonosift.cohort.clear_held import DISCARDED
from sonosift.cohort.sources import Source
from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import DecodeJob, Looked
from sonosift.ingest.guess_patient import Owner
from sonosift.ingest.look_at_archive import FirstLook, Known, unchanged
from sonosift.ingest.owners import Owners
from sonosift.privacy.pseudonyms import Pseudonyms


@dataclass
class Plan:
    """What to do with each file.

    Attributes:
        jobs: Files to decode.
        judged: Files that need no decoding: refused ones, and known ones that were only moved in time.
        replaced: What is recorded of files that have changed: their frames have to go.
        patients_known_from: How the patients of the files to decode were known.
        unmatched: Files to decode that the user's pattern for patients does not fit.
    """

    jobs: list[tuple[ArchiveFile, DecodeJob]] = field(default_factory=list)
    judged: list[Source] = field(default_factory=list)
    replaced: list[Source] = field(default_factory=list)
    patients_known_from: Counter[str] = field(default_factory=Counter)
    unmatched: int = 0


def make_plan(
    archive: Path,
    look: FirstLook,
    known: Known,
    pseudonyms: Pseudonyms,
    owners: Owners,
    forgotten: Collection[str] = (),
) -> Plan:
    """Decide about every file that was looked at.

    Args:
        archive: The archive's folder.
        look: First glances, in the order of the archive. Files that are already in the cohort may be among them: they
            only help to tell whose a folder is.
        known: What the cohort already has.
        pseudonyms: The keyed names.
        owners: Whose each file is.
        forgotten: Patients who must not come in.
    """
    plan = Plan()
    ingested = [source for source in known.values() if source.state == "ingested"]
    bytes_seen = {source.sha256: (source.path, source.member) for source in ingested}
    clips_taken = {source.clip: source.sha256 for source in ingested}
    for file, glance in look.looked:
        if unchanged(archive, file, known):
            continue
        before = known.get(file.key)
        if before is not None and before.sha256 == glance.sha256 and _decided(before):
            # The same bytes under a new time: copied again, or a zip that has grown.
            plan.judged.append(replace(before, modified_ns=glance.modified_ns, size=glance.size))
            continue
        if before is not None and before.clip is not None:
            plan.replaced.append(before)
        owner = owners.owner_of(file, glance)
        if glance.reason not in (None, Reason.OUT_OF_SCOPE):
            # Whose it may be is noted too: what is recorded of it goes when the patient is forgotten.
            known_owner = None if owner.patient in forgotten else owner
            plan.judged.append(judged(file, glance, Reason(glance.reason), known_owner))
            continue
        reason = Reason.FORGOTTEN if owner.patient in forgotten else glance.reason
        if reason is None and bytes_seen.setdefault(glance.sha256, file.key) != file.key:
            reason = Reason.EXACT_DUPLICATE
        if reason is not None:
            plan.judged.append(judged(file, glance, Reason(reason), owner))
            continue
        by_content = pseudonyms.clip(f"sha256:{glance.sha256}")
        clip = glance.instance or by_content
        if clips_taken.setdefault(clip, glance.sha256) != glance.sha256:
            clip = by_content  # two different files under one instance UID
            clips_taken[clip] = glance.sha256
        plan.patients_known_from[owner.known_from] += 1
        plan.unmatched += not owners.fits_pattern(file)
        plan.jobs.append((file, decode_job(archive, file, glance, clip, exam=owner.exam, patient=owner.patient)))
    return plan


def _decided(source: Source) -> bool:
    return source.state == "ingested" or source.reason == DISCARDED


def decode_job(
    archive: Path,
    file: ArchiveFile,
    glance: Looked,
    clip: str,
    *,
    exam: str,
    patient: str,
    templates_mark: str | None = None,
) -> DecodeJob:
    """Ask for the frames of a file that was looked at, under pseudonyms that are decided."""
    return DecodeJob(
        path=os.fspath(archive / file.path),
        member=file.member,
        sha256=glance.sha256,
        modified_ns=glance.modified_ns,
        size=glance.size,
        bytes=glance.length,
        instance=clip,
        clip=clip,
        exam=exam,
        patient=patient,
        templates_mark=templates_mark,
    )


def judged(file: ArchiveFile, glance: Looked, reason: Reason, owner: Owner | None = None) -> Source:
    """Describe a file that is not taken in; of a forgotten patient nothing is kept but the file's place."""
    path, member = file.key
    known = owner if reason is not Reason.FORGOTTEN else None
    return Source(
        path=path,
        member=member,
        sha256=glance.sha256,
        modified_ns=glance.modified_ns,
        size=glance.size,
        state="skipped" if reason.is_skip else "quarantined",
        reason=str(reason),
        patient=None if known is None else known.patient,
        exam=None if known is None else known.exam,
        rule=glance.rule,
    )
