"""Keyed pseudonyms: HMAC-SHA256 over normalised identifiers, so that nobody without the key can try names."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field

KEY_BYTES = 32
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

    def _digest(self, kind: str, *parts: str) -> str:
        # Lengths before the parts: ("ab", "c") and ("a", "bc") must differ.
        encoded = [text.encode("utf-8", "surrogateescape") for text in (kind, *parts)]
        message = b"".join(len(part).to_bytes(8, "big") + part for part in encoded)
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()[:_HEX_DIGITS]


def normalised_identifier(text: str) -> str:
    """Write an identifier in one way: compatibility characters folded, blanks removed, lower case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
