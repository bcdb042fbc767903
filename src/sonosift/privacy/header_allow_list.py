"""What of a header may enter a cohort. Default deny: a fact that is not listed here does not pass.

| fact | passes as |
|---|---|
| patient id with its issuer, study UID, instance UID | keyed pseudonyms |
| transducer data | kind of probe: linear, curvilinear or phased |
| study description | groups of the paper's table |
| manufacturer and model | the text, if it looks like a product name and repeats no word of identity |
| frame rate, calibration, image size | numbers |
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sonosift.archive.clip import ClipHeader, Identity
from sonosift.privacy.study_groups import mapped_study_groups, mapped_transducer

_PRODUCT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,/()+-]{0,39}")
_LONG_NUMBER = re.compile(r"\d{5,}|\d+[./-]\d+[./-]\d+")
_SHORTEST_WORD = 3


@dataclass(frozen=True)
class CleanFacts:
    """The descriptive facts of a clip that hold no identity."""

    machine: str | None
    transducer: str | None
    study_groups: list[str]
    mm_per_pixel: float | None


def clean_facts(header: ClipHeader, study_table: str = "paper") -> CleanFacts:
    """Let pass what the allow-list names, mapped where it is free text (through ``study_table``)."""
    return CleanFacts(
        machine=_machine(header),
        transducer=mapped_transducer(header.transducers),
        study_groups=mapped_study_groups(header.study_description, study_table),
        mm_per_pixel=header.mm_per_pixel,
    )


def _machine(header: ClipHeader) -> str | None:
    """Join manufacturer and model; either is dropped if it could be a name, a date or a serial number."""
    parts = [part.strip() for part in (header.manufacturer, header.model) if part]
    kept = [part for part in parts if _is_product_name(part, header.identity)]
    return " ".join(kept) or None


def _is_product_name(text: str, identity: Identity) -> bool:
    if not _PRODUCT.fullmatch(text) or _LONG_NUMBER.search(text):
        return False
    secrets = {word for source in (identity.patient_id, *identity.names) for word in _words(source)}
    return not secrets & set(_words(text))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^0-9a-z]+", text.casefold()) if len(word) >= _SHORTEST_WORD]
