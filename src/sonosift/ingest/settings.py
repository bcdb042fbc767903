"""What an ingest was asked for, checked before anything is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.scope import Scope
from sonosift.cohort.settings import FILE_NAME as COHORT_FILE
from sonosift.cohort.settings import FrameSize
from sonosift.errors import SonosiftError
from sonosift.labels.burnt_in_dictionary import NAMED, BurntInDictionary
from sonosift.labels.study_descriptions import Variant, study_description_table
from sonosift.machine import atomic

Preprocessing = dict[str, bool | int | float | str | None]


@dataclass(frozen=True)
class IngestSettings:
    """How frames are made, and from which files.

    Attributes:
        size: Side of the stored frames, or (height, width).
        clip_rate_hz: Frames a second to keep from clips.
        dicom_groups: Table of study descriptions: its name, or the path of the user's own.
        workers: Decoding children.
        scope: Rules on what comes in; None leaves those of an existing cohort as they are.
        manifest: The user's table of files.
        patient_from: Where in a path the patient is written.
        burnt_in_labels: The user's dictionary of what operators type into the picture.
        keep_calipers: Leave calipers, rulers and arrows where they are.
        rescale_intensity: Bring the near field of all frames to one brightness.
        crop_border: Cut black borders off inside the fan's box.
        export_dicom: Folder for de-identified DICOM files.
        keep_uncleaned: Keep frames as they were before text was painted over, in the private folder.
        hold_pages: Keep screens without an ultrasound picture for a person instead of leaving them out.
    """

    size: FrameSize = 256
    clip_rate_hz: float = 3.0
    dicom_groups: str = "paper"
    workers: int = 1
    scope: Scope | None = None
    manifest: Path | None = None
    patient_from: str | None = None
    burnt_in_labels: Path | None = None
    keep_calipers: bool = False
    rescale_intensity: bool = False
    crop_border: bool = False
    export_dicom: Path | None = None
    keep_uncleaned: bool = False
    hold_pages: bool = False

    @property
    def preprocessing(self) -> Preprocessing:
        """What all frames of a cohort must have in common."""
        return {
            "clip_rate_hz": self.clip_rate_hz,
            "dicom_groups": self.dicom_groups if self.dicom_groups in _TABLES else _contents(Path(self.dicom_groups)),
            "burnt_in_labels": None if self.burnt_in_labels is None else _contents(self.burnt_in_labels),
            "keep_calipers": self.keep_calipers,
            "rescale_intensity": self.rescale_intensity,
            "crop_border": self.crop_border,
        }


_TABLES = get_args(Variant)


def _contents(path: Path) -> str:
    """Name a table of the user's by what is in it: its path says nothing and may hold a name."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def check_settings(archive: Path, folder: Path, settings: IngestSettings) -> None:
    """Refuse places and numbers that cannot be meant."""
    for place in [folder] if settings.export_dicom is None else [folder, settings.export_dicom]:
        if place.is_relative_to(archive) or archive.is_relative_to(place):
            raise SonosiftError(
                f"{place} and the archive {archive} lie one inside the other",
                "The archive is never written to: choose a folder outside it.",
            )
    if not 0 < settings.clip_rate_hz <= 1000:
        raise SonosiftError(f"clip rate {settings.clip_rate_hz} is not a rate", "Give frames a second, such as 3.")
    if settings.workers < 1:
        raise SonosiftError(f"{settings.workers} workers cannot work", "Give 1 or more, or leave it out.")
    study_description_table(settings.dicom_groups)
    if settings.burnt_in_labels is not None:
        BurntInDictionary.read(settings.burnt_in_labels)


def open_or_create(folder: Path, settings: IngestSettings) -> Cohort:
    """Open the cohort if it was made with the same settings, or make it."""
    if folder.is_dir():
        atomic.remove_leftovers(folder, COHORT_FILE)  # of a process that was killed while it made the cohort
    if not Cohort.exists(folder) and (not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))):
        scope = settings.scope or Scope()
        return Cohort.create(folder, size=settings.size, preprocessing=settings.preprocessing, scope=scope)
    cohort = Cohort.open(folder)
    # What a cohort was made without is what this version does not do unless asked.
    without = IngestSettings().preprocessing | cohort.settings.preprocessing
    present = dict[str, object](size=cohort.settings.frame_shape) | dict[str, object](without)
    shape = settings.size if isinstance(settings.size, tuple) else (settings.size, settings.size)
    asked = dict[str, object](size=shape) | dict[str, object](settings.preprocessing)
    differing = [
        f"{name} {_shown(present[name])} (asked for: {_shown(asked[name])})"
        for name in asked
        if present[name] != asked[name]
    ]
    if differing:
        raise SonosiftError(
            f"the cohort {folder} was made with {', '.join(differing)}",
            "Give the same settings to add to it, or choose a new folder.",
        )
    if settings.scope not in (None, cohort.settings.scope):
        raise SonosiftError(
            f"the cohort {folder} was made with other rules of what comes in",
            "Leave --include and --exclude out to keep them, or edit `scope:` in its cohort.yaml.",
        )
    return cohort


_OWN_DICTIONARY = "burnt_in_labels.csv"


def keep_dictionary(settings: IngestSettings, cohort: Cohort) -> None:
    """Keep a copy of the user's dictionary in the private folder, for clips whose fan is drawn later."""
    if settings.burnt_in_labels is None:
        return
    space = cohort.settings.label_space
    strange = set(BurntInDictionary.read(settings.burnt_in_labels).labels) - set(space.names)
    if strange:
        raise SonosiftError(
            f"{settings.burnt_in_labels} gives labels that {space.name!r} does not have: {', '.join(sorted(strange))}",
            f"Its labels are: {', '.join(space.names)}.",
        )
    copy = cohort.private_path / _OWN_DICTIONARY
    content = settings.burnt_in_labels.read_bytes()
    if not copy.exists() or copy.read_bytes() != content:
        atomic.write_bytes(copy, content)
        copy.chmod(0o600)


def label_dictionary(cohort: Cohort) -> str | None:
    """Return the user's dictionary of burnt-in labels, else the name of the built-in one, None if there is neither."""
    space = cohort.settings.label_space
    if cohort.settings.preprocessing.get("burnt_in_labels") is None:
        return space.name if space.name in NAMED else None
    copy = cohort.private_path / _OWN_DICTIONARY
    return str(copy) if copy.exists() else None


def _shown(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
