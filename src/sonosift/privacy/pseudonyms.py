"""Keyed pseudonyms: HMAC-SHA256 over normalised identifiers, so that nobody without the key can try names."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

KEY_BYTES = 32
LONGEST_SHIFT_DAYS = 18_262
"""Half a century: a shifted date tells nothing about the year, nor about the season or the day of the week."""
_HEX_DIGITS = 32
"""128 bits of the digest are kept."""


@dataclass(frozen=True)
class Pseudonyms:
    """Turns identifiers into pseudonyms with the cohort's private key.

    >>> Pseudonyms(bytes(32)).patient("HOSPITAL", " 0012 ") == Pseudonyms(bytes(32)).patient("Hospital", "0012")
    True
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < KEY_BYTES:
            raise ValueError(f"the key has {len(self.key)} bytes; at least {KEY_BYTES} are needed")

    def patient(self, issuer: str, patient_id: str) -> str:
        """Name a patient by who issued the id and the id."""
        return self._digest("patient", normalised_identifier(issuer), normalised_identifier(patient_id))

    def patient_of_folder(self, folder: str) -> str:
        """Name the patient that a folder without any header is taken to hold."""
        return self._digest("patient folder", folder)

    def patient_number(self, patient_id: str) -> str:
        """Hash a patient id without its issuer, to recognise it in the name of a folder."""
        return self._digest("patient number", normalised_identifier(patient_id))

    def exam(self, patient: str, identifier: str) -> str:
        """Name an exam by its patient's pseudonym and its own identifier (a study UID, or a folder)."""
        return self._digest("exam", patient, normalised_identifier(identifier))

    def clip(self, instance: str) -> str:
        """Name a clip by the identifier of its source instance."""
        return self._digest("clip", instance)

    def frame(self, instance: str, index: int) -> str:
        """Name a frame by its source instance and its index there; it survives a new ingest."""
        return self._digest("frame", instance, str(index))

    def source(self, relative_path: str) -> str:
        """Name a source file, for the list of what was not ingested."""
        return self._digest("source", relative_path)

    def shifted_day(self, patient: str, written: str | None) -> int | None:
        """Move a date back by the patient's own secret number of days, and return it as a day number.

        Days between two dates of one patient stay what they were. Day 1 is 1 January of the year 1, as in
        ``datetime.date.fromordinal``.

        Args:
            patient: The patient's pseudonym.
            written: A date as DICOM or ISO writes it, with or without a time behind it.

        Returns:
            None for a missing or impossible date, and for the years before 1900, which stand for "unknown".
        """
        day = _day_of(written)
        return None if day is None else day - self._days_back(patient)

    def shifted_date(self, patient: str, written: str | None) -> str:
        """Return the shifted date as DICOM writes it (``YYYYMMDD``), empty where there is none."""
        day = self.shifted_day(patient, written)
        return "" if day is None else date.fromordinal(day).strftime("%Y%m%d")

    def uid(self, name: str) -> str:
        """Return the DICOM unique identifier that stands for ``name``: an old identifier, or any name of a thing.

        The same name always gives the same identifier, so that references between files hold.
        """
        number = int.from_bytes(self._raw_digest("uid", name.strip("\0 "))[:16], "big")
        # Under 2.25 stands a UUID: version 8 ("made in the maker's own way"), the usual variant.
        number = number & ~(0xF << 76) | (0x8 << 76)
        number = number & ~(0x3 << 62) | (0x2 << 62)
        return f"2.25.{number}"

    def _days_back(self, patient: str) -> int:
        number = int.from_bytes(self._raw_digest("days back", patient)[:16], "big")
        return 1 + number % LONGEST_SHIFT_DAYS

    def _digest(self, kind: str, *parts: str) -> str:
        return self._raw_digest(kind, *parts).hex()[:_HEX_DIGITS]

    def _raw_digest(self, kind: str, *parts: str) -> bytes:
        # Lengths before the parts: ("ab", "c") and ("a", "bc") must differ.
        encoded = [text.encode("utf-8", "surrogateescape") for text in (kind, *parts)]
        message = b"".join(len(part).to_bytes(8, "big") + part for part in encoded)
        return hmac.new(self.key, message, hashlib.sha256).digest()


def normalised_identifier(text: str) -> str:
    """Write an identifier in one way: compatibility characters folded, blanks removed, lower case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


_WRITTEN_DAY = re.compile(r"(\d{4})([.:/-]?)(\d{2})\2(\d{2})(?:[T ]?\d{2}.*)?", re.ASCII)
_FIRST_YEAR = 1900


def _day_of(written: str | None) -> int | None:
    """Return the day number of a written date.

    >>> _day_of("20240229") == _day_of("2024-02-29") == _day_of("20240229113000") == date(2024, 2, 29).toordinal()
    True
    """
    found = _WRITTEN_DAY.fullmatch((written or "").strip("\0 "))
    if found is None or int(found[1]) < _FIRST_YEAR:
        return None
    try:
        return date(int(found[1]), int(found[3]), int(found[4])).toordinal()
    except ValueError:
        return None
