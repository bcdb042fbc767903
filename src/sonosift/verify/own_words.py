"""Words that say nothing about a patient: those of the DICOM dictionary and those of Sonosift's own files and pages."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from sonosift.verify.words import words_of

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SUFFIXES = frozenset({".py", ".html", ".css", ".js", ".csv"})
# These rooms write no word into a cohort, and their examples and inventions are names.
_WITH_NAMES = frozenset({"phantom", "privacy", "archive", "dicom", "verify"})


@lru_cache
def own_words() -> frozenset[str]:
    """Return every such word.

    A patient's name may be one of them ("Brown", "Page"): then it is not searched alone, only as part of the whole
    name, and the report lists it.
    """
    package = Path(__file__).parents[1]
    files = [path for path in sorted(package.rglob("*")) if path.suffix in _SUFFIXES]
    texts = [
        path.read_text(encoding="utf-8") for path in files if not _WITH_NAMES & set(path.relative_to(package).parts)
    ]
    words = {word for text in texts for word in words_of(text)} | _dicom_words()
    # A number in a source file says nothing about the same number in a header.
    return frozenset(word for word in words if not word.isdecimal())


def _dicom_words() -> frozenset[str]:
    from pydicom._dicom_dict import DicomDictionary

    found: set[str] = set()
    for _, _, name, _, keyword in DicomDictionary.values():
        found.update(words_of(str(name)))
        found.update(words_of(_CAMEL.sub(" ", str(keyword))))
    return frozenset(found)
