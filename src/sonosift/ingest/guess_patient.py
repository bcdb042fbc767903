"""Whose image is it, where the file itself does not say: the folder's DICOM files tell, else the folder's name.

A guess may join two patients into one, which costs variety; it should not split one patient in two, which would let
training see the patients of the test.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sonosift.privacy.pseudonyms import Pseudonyms

_NAMED = re.compile(r"(?:^|[^a-z])((?:patient|pat|subject|subj|case|pid|p)[ _-]?\d+)(?![0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class Owner:
    """The patient and exam that a file is taken to belong to, and how that was known."""

    patient: str
    exam: str
    known_from: str


@dataclass(frozen=True)
class KnownFile:
    """What the header of a file says, as pseudonyms."""

    path: str
    patient: str
    patient_number: str
    exam: str | None


class FolderOwners:
    """Remembers who the files with a header belong to, and answers for the files without one.

    Args:
        pseudonyms: The keyed names.
        known: Files whose owner is certain.
        numbers: Hashed patient numbers that earlier ingests met, with their patients.
    """

    def __init__(
        self, pseudonyms: Pseudonyms, known: Iterable[KnownFile], numbers: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._pseudonyms = pseudonyms
        self._patients: dict[str, Counter[str]] = defaultdict(Counter)
        self._exams: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._numbers: dict[str, set[str]] = defaultdict(set)
        for number, patient in numbers:
            self._numbers[number].add(patient)
        for file in known:
            self._numbers[file.patient_number].add(file.patient)
            for folder in _folders(file.path):
                self._patients[folder][file.patient] += 1
                if file.exam is not None:
                    self._exams[folder, file.patient][file.exam] += 1

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Every hashed patient number that is known, with its patients."""
        return [(number, patient) for number, patients in self._numbers.items() if number for patient in patients]

    def owner_of(self, path: str) -> Owner:
        """Guess the owner of a file.

        A known patient's id in the path decides; then the nearest folder that holds DICOM files, by its majority.
        Without either, the name decides: a part such as ``patient_12`` if there is one, else the topmost folder.
        """
        numbered = self._patient_numbered_in(path)
        if numbered is not None:
            return Owner(numbered, self.exam_of(path, numbered), "patient id in the path")
        nearest = next((self._patients[folder] for folder in _folders(path) if folder in self._patients), None)
        if nearest:
            majority, count = _first(nearest)
            if 2 * count > nearest.total():
                return Owner(majority, self.exam_of(path, majority), "DICOM files of the folder")
        named = _NAMED.search(path.casefold())
        parts = PurePosixPath(path).parts
        top = named.group(1) if named else (parts[0] if len(parts) > 1 else "")
        guessed = self._pseudonyms.patient_of_folder(re.sub(r"[ _-]", "", top))
        how = "file or folder name" if top else "nothing (loose files, taken as one patient)"
        return Owner(guessed, self.exam_of(path, guessed), how)

    def _patient_numbered_in(self, path: str) -> str | None:
        for word in re.split(r"[^0-9A-Za-z-]+", path):
            if len(word) >= _SHORTEST_NUMBER and any(character.isdigit() for character in word):
                patients = self._numbers.get(self._pseudonyms.patient_number(word), set())
                if len(patients) == 1:
                    return next(iter(patients))
        return None

    def exam_of(self, path: str, patient: str) -> str:
        """Guess the exam of a file whose patient is known.

        It is the exam that most of the patient's files in the same folder have, else the folder itself.
        """
        folder = str(PurePosixPath(path).parent)
        exams = self._exams.get((folder, patient))
        return _first(exams)[0] if exams else self._pseudonyms.exam(patient, f"folder {folder}")


def _folders(path: str) -> list[str]:
    """Return the folders of a file from the nearest to the topmost; the archive itself is none of them.

    >>> _folders("a/b/c.png")
    ['a/b', 'a']
    """
    return [str(parent) for parent in PurePosixPath(path).parents if str(parent) != "."]


_SHORTEST_NUMBER = 4


def _first(counts: Mapping[str, int]) -> tuple[str, int]:
    # Ties are broken by the name, never by the order in which files were met.
    return min(counts.items(), key=lambda item: (-item[1], item[0]))
