"""``sonosift forget``: take one patient out of a cohort for good."""

from __future__ import annotations

from pathlib import Path

from sonosift.commands.summary import Summary


class ForgetSummary(Summary):
    """What was taken out.

    Attributes:
        patient: The pseudonym, which is kept in the list of the forgotten.
        exams: Exams of the patient.
        clips: Clips, held ones too.
        frames: Frames, held ones too.
        trained_on: Runs whose models learned from the patient's frames.
        perhaps_trained_on: Runs that do not say from which frames they learned.
        cohort: The cohort.
    """

    patient: str
    exams: int
    clips: int
    frames: int
    trained_on: list[str]
    perhaps_trained_on: list[str]
    cohort: str

    def describe(self) -> str:
        """Return what is gone, and what only a person can do."""
        if self.frames:
            lines = [
                f"{self.frames:,} frames of {self.clips:,} clips in {self.exams:,} exams are gone from {self.cohort} "
                "and its private folder."
            ]
        else:
            lines = ["This cohort holds no frame of this patient. Check the number, and the issuer if there is one."]
        lines.append("No later ingest brings this patient back.")
        if self.trained_on:
            lines.append(f"These runs learned from the patient; train them again: {', '.join(self.trained_on)}")
        if self.perhaps_trained_on:
            lines.append(f"These runs do not say what they learned from: {', '.join(self.perhaps_trained_on)}")
        lines.append(
            f"In folders written with --export-dicom delete the subfolder {self.patient}; copies and backups of the "
            "cohort are yours to clear."
        )
        return "\n".join(lines)


def forget(
    cohort: str | Path,
    *,
    patient: str | None = None,
    patient_from_key: str | None = None,
    issuer: str = "",
) -> ForgetSummary:
    """Erase a patient from a cohort and its private folder, and keep the patient from coming back.

    Give the same command again after an interruption; it may be repeated at will.

    Args:
        cohort: Folder of the cohort.
        patient: Pseudonym of the patient, as in the catalog.
        patient_from_key: The hospital's patient number; the private key turns it into the pseudonym.
        issuer: Who issued the number, if the files' headers say so (IssuerOfPatientID).

    Returns:
        What was taken out, and which models learned from it.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.forget_patient import forget_patient
    from sonosift.errors import SonosiftError
    from sonosift.privacy.pseudonyms import Pseudonyms

    if (patient is None) == (patient_from_key is None):
        raise SonosiftError(
            "one patient has to be named", "Give the number with --patient-from-key, or the pseudonym with --patient."
        )
    opened = Cohort.open(cohort)
    key = opened.private.require_key(opened.settings.key_check)
    name = patient if patient is not None else Pseudonyms(key).patient(issuer, patient_from_key or "")
    done = forget_patient(opened, name)
    return ForgetSummary(
        patient=done.patient,
        exams=done.exams,
        clips=done.clips,
        frames=done.frames,
        trained_on=list(done.runs),
        perhaps_trained_on=list(done.perhaps),
        cohort=str(opened.path),
    )
