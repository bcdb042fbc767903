"""Whose a clip is in the cohort: a table or a pattern of the user's may have stated another patient than its header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sonosift.archive.clip import Identity
from sonosift.ingest.dicom_export_header import ClipNames
from sonosift.privacy.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort


class ClipOwners:
    """Answers for every image of an archive under which names it stands in a cohort.

    Args:
        cohort: The cohort; its key is needed.
    """

    def __init__(self, cohort: Cohort) -> None:
        self.names = Pseudonyms(cohort.private.require_key(cohort.settings.key_check))
        rows = cohort.catalog().unique("clip", keep="first").select("patient", "exam", "clip")
        self._clips = {clip: ClipNames(patient, exam, clip) for patient, exam, clip in rows.iter_rows()}

    def of(self, identifiers: dict[str, str]) -> ClipNames | None:
        """Return the names of the clip with these old identifiers, None if it is not in the cohort."""
        return self._clips.get(self.names.clip(identifiers["SOPInstanceUID"]))

    def by_header(self, identifiers: dict[str, str]) -> ClipNames:
        """Return the names that the header alone gives."""
        patient = self.names.patient(identifiers["IssuerOfPatientID"], identifiers["PatientID"])
        exam = self.names.exam(patient, identifiers["StudyInstanceUID"])
        return ClipNames(patient, exam, self.names.clip(identifiers["SOPInstanceUID"]))


def identity_of(identifiers: dict[str, str]) -> Identity:
    """Return old identifiers as a reader gives them."""
    return Identity(
        exam=identifiers["StudyInstanceUID"],
        series=identifiers["SeriesInstanceUID"],
        instance=identifiers["SOPInstanceUID"],
        frame_of_reference=identifiers["FrameOfReferenceUID"],
    )
