"""What the decoding children are told and what they answer; both travel as JSON, never as pickles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class WorkerSettings:
    """What every child needs to know once.

    Attributes:
        key_hex: The cohort's key.
        frame_shape: Height and width of the stored frames.
        clip_rate_hz: Frames a second to keep.
        study_table: Table of study descriptions: its name, or the path of the user's own.
        spool: Private folder for frames on their way into the cohort.
        held: Private folder for clips that wait for a person.
        fan_templates: Private folder of the fan templates, if there are any.
        label_dictionary: Built-in dictionary of burnt-in labels (by name) or the user's own (by path), if any.
        include: Scope rules.
        exclude: Scope rules.
        keep_calipers: Leave calipers, rulers and arrows where they are.
        rescale_intensity: Bring the near field of all frames to one brightness.
        crop_border: Cut black borders off inside the fan's box.
        export: Folder for de-identified DICOM files, if wanted.
        uncleaned: Private folder for frames as they were before text was painted over, if wanted.
        hold_pages: Keep screens without an ultrasound picture for a person instead of leaving them out.
    """

    key_hex: str = field(repr=False)
    frame_shape: tuple[int, int]
    clip_rate_hz: float
    study_table: str
    spool: str
    held: str
    fan_templates: str | None = None
    label_dictionary: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    keep_calipers: bool = False
    rescale_intensity: bool = False
    crop_border: bool = False
    export: str | None = None
    uncleaned: str | None = None
    hold_pages: bool = False


@dataclass(frozen=True)
class LookJob:
    """Read a file's header and hash, or list a zip's members.

    Attributes:
        path: The file.
        member: Name inside it, if it is a zip of which a member is meant.
        bytes: How much there is to read, which decides how long it may take.
    """

    path: str
    member: str = ""
    bytes: int = 0


@dataclass(frozen=True)
class Looked:
    """What a file is: a readable clip with pseudonyms, a zip with members, or a reason why neither.

    Attributes:
        sha256: Hash of the content.
        size: Bytes of the file on disk (for a member: of its zip).
        modified_ns: Time of the file on disk.
        length: Bytes of the content.
        reason: Why it cannot come in.
        members: Names inside a zip; None for anything else.
        rule: The step of the scope that it failed, if that is the reason.
        patient: Pseudonym of the header's patient.
        patient_number: Keyed hash of the patient id alone.
        exam: Pseudonym of the header's exam.
        instance: Pseudonym of the header's instance.
    """

    sha256: str
    size: int
    modified_ns: int
    length: int = 0
    reason: str | None = None
    members: list[str] | None = None
    rule: str | None = None
    patient: str | None = None
    patient_number: str | None = None
    exam: str | None = None
    instance: str | None = None


@dataclass(frozen=True)
class DecodeJob:
    """Decode, clean and scale one clip whose place in the cohort has been decided.

    Attributes:
        path: The file.
        member: Name inside it, if it is a zip.
        sha256: Hash of the content, as the first look found it.
        modified_ns: Time of the file on disk at the first look.
        size: Its bytes on disk.
        bytes: How much there is to read, which decides how long it may take.
        instance: What the frame ids derive from.
        clip: Pseudonym.
        exam: Pseudonym.
        patient: Pseudonym.
        templates_mark: Given when all fan templates are to be tried, not only those that a person edited; it names
            them.
        fan_outline: Given when the clip is in the cohort already and only its DICOM file is wanted: its fan there.
        accepted_despite: The doubt despite which a person let the clip in, as a code.
    """

    path: str
    member: str
    sha256: str
    modified_ns: int
    size: int
    bytes: int
    instance: str
    clip: str
    exam: str
    patient: str
    templates_mark: str | None = None
    fan_outline: tuple[int, ...] | None = None
    accepted_despite: str | None = None


@dataclass(frozen=True)
class Decoded:
    """What became of a clip: its frames lie in the spool file, or wait in the held folder.

    Attributes:
        shared: Catalog columns that are the same for all frames.
        rows: The other columns, one dictionary per frame.
        spool_file: The stored frames, one after the other.
        held_frames: How many frames wait for a person.
        held_reason: Why.
        dark_frames: How many more frames the clip has that show nothing: they are neither kept nor held.
        reason: Why the file could not be taken in.
        rule: The step of the scope that it failed, if that is the reason.
        fan_template: The template that the fan was taken from; for a clip held for its fan, those that were tried.
    """

    shared: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    spool_file: str | None = None
    held_frames: int = 0
    held_reason: str | None = None
    dark_frames: int = 0
    reason: str | None = None
    rule: str | None = None
    fan_template: str | None = None
