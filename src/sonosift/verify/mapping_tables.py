"""Old and new identifiers in the form that MIDI-B's scorer reads, ``id_old,id_new``: for the private folder only."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sonosift.ingest.dicom_export_header import new_identifiers
from sonosift.verify.clip_owners import ClipOwners, identity_of
from sonosift.verify.harvest_file import IDENTIFIER_KEYWORDS, IDENTIFIERS, Found

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

UID_MAPPING, PATIENT_MAPPING = "uid_mapping.csv", "patid_mapping.csv"


class MappingTables:
    """Gathers the identifiers of an archive's images and maps them to what stands for them.

    Args:
        cohort: The cohort; its key is needed.
        dicom: Map unique identifiers to those of exported DICOM files instead of the cohort's pseudonyms.
    """

    def __init__(self, cohort: Cohort, *, dicom: bool = False) -> None:
        self._owners = ClipOwners(cohort)
        self._dicom = dicom
        self._uids: dict[str, str] = {}
        self._patients: dict[str, str] = {}

    def add_file(self, texts: Iterable[Found]) -> None:
        """Take the identifiers of one file of the archive; images that are not in the cohort are left out."""
        for kind, text in texts:
            if kind == IDENTIFIERS:
                self._add(dict(zip(IDENTIFIER_KEYWORDS, json.loads(text), strict=True)))

    def _add(self, old: dict[str, str]) -> None:
        names = self._owners.of(old)
        if names is None:
            return
        if old["PatientID"]:
            self._patients[old["PatientID"]] = names.patient
        if self._dicom:
            new = new_identifiers(identity_of(old), names, self._owners.names)
        else:
            new = {"StudyInstanceUID": names.exam, "SOPInstanceUID": names.clip}
        self._uids |= {old[keyword]: after for keyword, after in new.items() if old[keyword]}

    def tables(self) -> dict[str, str]:
        """Return the CSV files by name."""
        return {UID_MAPPING: _csv(self._uids), PATIENT_MAPPING: _csv(self._patients)}


def _csv(mapping: dict[str, str]) -> str:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["id_old", "id_new"])
    writer.writerows(sorted(mapping.items()))
    return content.getvalue()
