"""Which words of an archive are searched for in the cohort, and which are left out because they identify nobody."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sonosift.verify.harvest_file import Found
from sonosift.verify.own_words import own_words
from sonosift.verify.words import words_of

TOO_SHORT = "words of fewer than 3 letters, numbers of fewer than 4 digits"
OWN_WORD = "words of the DICOM dictionary or of Sonosift's own files (still searched as part of a whole name)"
PRODUCT = "words of manufacturer, model, software and probe names, unless a name, number or address repeats them"
YEAR = "a year alone"
STANDARD = "identifiers of the DICOM standard, and of the software that wrote a file"

_PRODUCT_KINDS = frozenset(
    {"Manufacturer", "ManufacturerModelName", "SoftwareVersions", "TransducerData", "TransducerType", "Modality"}
)
_SOFTWARE_KINDS = frozenset({"ImplementationClassUID", "ImplementationVersionName"})
_IDENTIFYING_KINDS = frozenset(
    {"PatientID", "PatientName", "OtherPatientIDs", "OtherPatientNames", "AccessionNumber", "PatientBirthDate"}
    | {"InstitutionName", "InstitutionAddress", "PatientAddress", "DeviceSerialNumber", "StudyID"}
)
_NAME_KINDS = re.compile(r"Name$|Names$|NameOf|PhysicianName|OperatorsName")
_STANDARD_UID = "1.2.840.10008."
_UID = re.compile(r"[0-2](?:\.\d+){4,}")
_SERIAL_NUMBER = re.compile(r"\d{5}")
_DATE = re.compile(r"((?:18|19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST_PHRASE = 8


@dataclass
class SearchTerm:
    """A word, or a sequence of words, that must not be in the cohort.

    Attributes:
        text: As the archive writes it.
        words: As it is searched.
        kinds: Elements that hold it.
        files: In how many files it stands.
    """

    text: str
    words: tuple[str, ...]
    kinds: set[str] = field(default_factory=set)
    files: int = 0


@dataclass(frozen=True)
class SearchTerms:
    """What is searched, and the words that are not, by the rule that leaves them out."""

    searched: list[SearchTerm]
    left_out: dict[str, list[str]]


class TermBook:
    """Gathers the texts of an archive and decides what is searched."""

    def __init__(self) -> None:
        self._terms: dict[tuple[str, ...], SearchTerm] = {}

    def add_file(self, texts: Iterable[Found]) -> None:
        """Take the texts of one file."""
        seen: set[tuple[str, ...]] = set()
        for kind, text in texts:
            for words, written in _candidates(kind, text):
                term = self._terms.setdefault(words, SearchTerm(written, words))
                term.kinds.add(kind)
                if words not in seen:
                    seen.add(words)
                    term.files += 1

    def choose(self) -> SearchTerms:
        """Apply the rules."""
        products = {
            word
            for words, term in self._terms.items()
            if term.kinds & _PRODUCT_KINDS
            for word in words
            if not _SERIAL_NUMBER.search(word)
        }
        searched: list[SearchTerm] = []
        left_out: dict[str, list[str]] = defaultdict(list)
        for words in sorted(self._terms):
            term = self._terms[words]
            rule = _rule_against(term, products)
            if rule is None:
                searched.append(term)
            else:
                left_out[rule].append(term.text)
        return SearchTerms(searched, dict(left_out))


def _candidates(kind: str, text: str) -> Iterable[tuple[tuple[str, ...], str]]:
    words = words_of(text)
    if not words:
        return
    if _UID.fullmatch(text):
        yield words, text
        return
    if 1 < len(words) <= _LONGEST_PHRASE:
        yield words, text
        if kind.endswith("Name") and len(words) == 2:
            yield words[::-1], f"{words[1]} {words[0]}"
    for word in words:
        yield (word,), word
        if date := _DATE.fullmatch(word):
            year, month, day = date.groups()
            yield (year, month, day), f"{year}-{month}-{day}"
            yield (day, month, year), f"{day}.{month}.{year}"
            yield (month, day, year), f"{month}/{day}/{year}"


def _rule_against(term: SearchTerm, products: set[str]) -> str | None:
    """Return the rule that leaves a term out, or None if it is searched."""
    text = "".join(term.words)
    kinds = term.kinds - _PRODUCT_KINDS
    identifying = bool(kinds & _IDENTIFYING_KINDS) or any(map(_NAME_KINDS.search, kinds))
    if term.text.startswith(_STANDARD_UID) or term.kinds <= _SOFTWARE_KINDS:
        return STANDARD
    if _is_short(term.words):
        return TOO_SHORT
    if len(term.words) == 1 and _YEAR.fullmatch(text):
        return YEAR
    known = own_words()
    informative = [word for word in term.words if word not in known and not _is_short((word,))]
    if len(term.words) == 1:
        if text in known:
            return OWN_WORD
        return PRODUCT if text in products and not identifying else None
    if identifying or _UID.fullmatch(term.text):
        return None
    if not informative and not _has_long_number(term.words):
        return OWN_WORD
    return PRODUCT if all(word in products or word in known for word in term.words) else None


def _is_short(words: tuple[str, ...]) -> bool:
    text = "".join(words)
    if text.isdecimal():
        return len(text.lstrip("0")) < 4
    return len(text) < (4 if any(map(str.isdecimal, text)) else 3)


def _has_long_number(words: tuple[str, ...]) -> bool:
    """Say whether a phrase of short numbers, such as a date, is long enough to mean something."""
    return sum(len(word) for word in words if word.isdecimal()) >= 6


def is_date(words: tuple[str, ...]) -> bool:
    """Say whether a term is a day, written in one piece or in three.

    >>> is_date(("19470312",)), is_date(("12", "03", "1947")), is_date(("4711", "0815"))
    (True, True, False)
    """
    text = "".join(words)
    turned = [text, text[4:] + text[2:4] + text[:2], text[4:] + text[:2] + text[2:4]]
    return len(text) == 8 and len(words) in (1, 3) and any(map(_DATE.fullmatch, turned))
