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


class FolderOwners:
    """Remembers who the DICOM files of each folder belong to, and answers for the files without a header."""

    def __init__(self, pseudonyms: Pseudonyms, headers: Iterable[tuple[str, str, str]]) -> None:
        self._pseudonyms = pseudonyms
        self._patients: dict[str, Counter[str]] = defaultdict(Counter)
        self._exams: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for path, patient, exam in headers:
            for folder in _folders(path):
                self._patients[folder][patient] += 1
                self._exams[folder][patient, exam] += 1

    def owner_of(self, path: str, patient: str | None = None) -> Owner:
        """Guess the owner of a file; ``patient`` is given if only the exam is unknown.

        The nearest folder that holds DICOM files decides, by its majority. Without any, the name decides: a part such
        as ``patient_12`` if there is one, else the topmost folder.
        """
        if patient is not None:
            return Owner(patient, self._pseudonyms.exam(patient, _folder_name(path)), "header")
        for folder in _folders(path):
            counts = self._patients.get(folder)
            if counts:
                majority, count = _first(counts)
                if 2 * count <= counts.total():
                    break  # as many strangers as acquaintances: further up it only gets worse
                exams = Counter({exam: n for (who, exam), n in self._exams[folder].items() if who == majority})
                return Owner(majority, _first(exams)[0], "DICOM files of the folder")
        named = _NAMED.search(path.casefold())
        parts = PurePosixPath(path).parts
        top = named.group(1) if named else (parts[0] if len(parts) > 1 else "")
        guessed = self._pseudonyms.patient_of_folder(re.sub(r"[ _-]", "", top))
        exam = self._pseudonyms.exam(guessed, _folder_name(path))
        return Owner(guessed, exam, "file or folder name" if top else "nothing: loose files taken as one patient")


def _folders(path: str) -> list[str]:
    """Return the folders of a file from the nearest to the topmost; the archive itself is none of them.

    >>> _folders("a/b/c.png")
    ['a/b', 'a']
    """
    return [str(parent) for parent in PurePosixPath(path).parents if str(parent) != "."]


def _folder_name(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _first(counts: Mapping[str, int]) -> tuple[str, int]:
    # Ties are broken by the name, never by the order in which files were met.
    return min(counts.items(), key=lambda item: (-item[1], item[0]))
