"""Old and new identifiers in the form that MIDI-B's scorer reads, ``id_old,id_new``: for the private folder only."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sonosift.privacy.pseudonyms import Pseudonyms
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
        self._names = Pseudonyms(cohort.private.require_key(cohort.settings.key_check))
        catalog = cohort.catalog()
        self._known = {*catalog["patient"], *catalog["exam"], *catalog["clip"]}
        self._dicom = dicom
        self._uids: dict[str, str] = {}
        self._patients: dict[str, str] = {}

    def add_file(self, texts: Iterable[Found]) -> None:
        """Take the identifiers of one file of the archive; images that are not in the cohort are left out."""
        for kind, text in texts:
            if kind == IDENTIFIERS:
                self._add(dict(zip(IDENTIFIER_KEYWORDS, json.loads(text), strict=True)))

    def _add(self, old: dict[str, str]) -> None:
        names = self._names
        patient = names.patient(old["IssuerOfPatientID"], old["PatientID"])
        clip = names.clip(old["SOPInstanceUID"])
        if clip not in self._known:
            return
        if old["PatientID"] and patient in self._known:
            self._patients[old["PatientID"]] = patient
        if self._dicom:
            new = {old[keyword]: names.uid(old[keyword]) for keyword in IDENTIFIER_KEYWORDS[2:]}
        else:
            new = {old["StudyInstanceUID"]: names.exam(patient, old["StudyInstanceUID"]), old["SOPInstanceUID"]: clip}
        self._uids |= {before: after for before, after in new.items() if before}

    def tables(self) -> dict[str, str]:
        """Return the CSV files by name."""
        return {UID_MAPPING: _csv(self._uids), PATIENT_MAPPING: _csv(self._patients)}


def _csv(mapping: dict[str, str]) -> str:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["id_old", "id_new"])
    writer.writerows(sorted(mapping.items()))
    return content.getvalue()
