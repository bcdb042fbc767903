"""Whose every file is: the user's table, the user's pattern, the header, else a guess; in this order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import Looked
from sonosift.ingest.guess_patient import FolderOwners, KnownFile, Owner
from sonosift.ingest.manifest import Manifest
from sonosift.ingest.patient_pattern import PatientPattern
from sonosift.privacy.pseudonyms import Pseudonyms

MANIFEST, PATTERN, HEADER = "manifest", "path pattern", "header"


class Owners:
    """Names the owner of every file of an archive.

    Args:
        pseudonyms: The keyed names.
        looked: Every file that was looked at; what is certain of some helps to guess the others.
        manifest: The user's table.
        pattern: The user's pattern.
        numbers: Hashed patient numbers that earlier ingests met, with their patients.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        looked: Iterable[tuple[ArchiveFile, Looked]],
        manifest: Manifest | None = None,
        pattern: PatientPattern | None = None,
        numbers: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._pseudonyms = pseudonyms
        self._manifest = manifest
        self._pattern = pattern
        self._folders = FolderOwners(pseudonyms, self._certain(looked), numbers)

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Hashed patient numbers with their patients, for the next ingest of the archive."""
        return self._folders.numbers

    def owner_of(self, file: ArchiveFile, glance: Looked) -> Owner:
        """Name patient and exam, and say how they were known."""
        stated = self._stated(file, glance)
        if stated is not None:
            patient, exam, how, _ = stated
            return Owner(patient, exam or self._folders.exam_of(file.name, patient), how)
        if glance.patient is not None:
            exam = glance.exam or self._folders.exam_of(file.name, glance.patient)
            return Owner(glance.patient, exam, HEADER)
        return self._folders.owner_of(file.name)

    def fits_pattern(self, file: ArchiveFile) -> bool:
        """Say whether the user's pattern, if there is one, fits the path."""
        return self._pattern is None or self._pattern.read(file.name) is not None

    def _certain(self, looked: Iterable[tuple[ArchiveFile, Looked]]) -> Iterator[KnownFile]:
        for file, glance in looked:
            stated = self._stated(file, glance)
            if stated is not None:
                patient, exam, _, number = stated
                yield KnownFile(file.name, patient, number, exam)
            elif glance.patient is not None:
                yield KnownFile(file.name, glance.patient, glance.patient_number or "", glance.exam)

    def _stated(self, file: ArchiveFile, glance: Looked) -> tuple[str, str | None, str, str] | None:
        """Return patient, exam, how known and the hashed number, where the user has stated the patient."""
        row = self._manifest.of(file.name) if self._manifest is not None else None
        read = self._pattern.read(file.name) if self._pattern is not None else None
        if row is not None and row.patient:
            written, exam, how = row.patient, row.exam or None, MANIFEST
        elif read is not None:
            written, exam, how = read.patient, read.exam, PATTERN
        else:
            return None
        patient = self._pseudonyms.patient("", written)
        if exam is not None:
            named: str | None = self._pseudonyms.exam(patient, exam)
        elif glance.exam is not None and glance.patient is not None:
            # The header's exam under the stated patient: one study stays one exam.
            named = glance.exam if glance.patient == patient else self._pseudonyms.exam(patient, glance.exam)
        else:
            named = None
        return patient, named, how, self._pseudonyms.patient_number(written)
