"""What of a header may enter a cohort. Default deny: a fact that is not listed here does not pass.

| fact | passes as |
|---|---|
| patient id with its issuer, study UID, instance UID | keyed pseudonyms |
| transducer data | kind of probe: linear, curvilinear or phased |
| study description | groups of the paper's table, or of one's own |
| body part | the standard's term, if it is one |
| study date | day number, shifted by the patient's secret number of days (``pseudonyms.py``) |
| manufacturer and model | the text, if it looks like a product name and repeats no word of identity |
| frame rate, calibration, image size, lossy compression | numbers |

The series description is read for the rules of scope alone and passes in no form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sonosift.archive.clip import ClipHeader, Identity
from sonosift.privacy.body_parts import mapped_body_part
from sonosift.privacy.study_groups import mapped_study_groups, mapped_transducer

_PRODUCT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,/()+-]{0,39}")
_LONG_NUMBER = re.compile(r"\d{5,}|\d+[./-]\d+[./-]\d+")
_SHORTEST_WORD = 3


@dataclass(frozen=True)
class CleanFacts:
    """The descriptive facts of a clip that hold no identity."""

    manufacturer: str | None
    model: str | None
    transducer: str | None
    study_groups: list[str]
    body_part: str | None
    mm_per_pixel: float | None

    @property
    def machine(self) -> str | None:
        """Manufacturer and model, or what there is of them."""
        return " ".join(part for part in (self.manufacturer, self.model) if part) or None


def clean_facts(header: ClipHeader, study_table: str = "paper") -> CleanFacts:
    """Let pass what the allow-list names, mapped where it is free text (through ``study_table``)."""
    return CleanFacts(
        manufacturer=_product(header.manufacturer, header.identity),
        model=_product(header.model, header.identity),
        transducer=mapped_transducer(header.transducers),
        study_groups=mapped_study_groups(header.study_description, study_table),
        body_part=mapped_body_part(header.body_part),
        mm_per_pixel=header.mm_per_pixel,
    )


def _product(text: str | None, identity: Identity) -> str | None:
    """Return a maker's or a model's name; nothing if it could be a person's, a date or a serial number."""
    name = (text or "").strip()
    return name if _is_product_name(name, identity) else None


def _is_product_name(text: str, identity: Identity) -> bool:
    if not _PRODUCT.fullmatch(text) or _LONG_NUMBER.search(text):
        return False
    secrets = {word for source in (identity.patient_id, *identity.names) for word in _words(source)}
    return not secrets & set(_words(text))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^0-9a-z]+", text.casefold()) if len(word) >= _SHORTEST_WORD]
