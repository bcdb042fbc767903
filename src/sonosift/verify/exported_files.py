"""De-identified DICOM files held against their sources: nothing of the archive is left, and what became of what.

The actions have MIDI-B's names: ``text_removed``, ``text_retained``, ``date_shifted``, ``uid_changed``,
``patid_consistent``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sonosift.ingest.dicom_export_header import new_identifiers
from sonosift.verify.clip_owners import ClipOwners, identity_of
from sonosift.verify.harvest_file import FILE_NAME, IDENTIFIER_KEYWORDS, IDENTIFIERS, PRIVATE, RAW, Found

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

ACTIONS_TABLE = "actions.csv"
_UIDS = frozenset({"SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"})
_SHIFTED = frozenset({"StudyDate", "SeriesDate", "ContentDate", "AcquisitionDate"})
_NO_ELEMENTS = frozenset({FILE_NAME, IDENTIFIERS, RAW})


@dataclass
class _Source:
    patient: str
    new: dict[str, str]
    elements: frozenset[str]
    values: dict[str, str] = field(default_factory=dict)


class ExportedFiles:
    """Remembers of each source image what an exported file is compared with, and writes the table of actions."""

    def __init__(self, cohort: Cohort) -> None:
        self._owners = ClipOwners(cohort)
        self._sources: dict[str, _Source] = {}
        self._rows: list[tuple[str, str, str, str, str]] = []
        self.failures = 0

    def add_source(self, texts: Iterable[Found]) -> None:
        """Take one file of the archive; a zip file with several images is not compared element by element."""
        found = list(texts)
        identified = [text for kind, text in found if kind == IDENTIFIERS]
        if len(identified) != 1:
            return
        old = dict(zip(IDENTIFIER_KEYWORDS, json.loads(identified[0]), strict=True))
        kinds = frozenset(kind for kind, _ in found if kind not in _NO_ELEMENTS)
        values = {kind: text for kind, text in found if kind in _UIDS | _SHIFTED}
        names = self._owners.of(old) or self._owners.by_header(old)
        new = new_identifiers(identity_of(old), names, self._owners.names)
        self._sources[new["SOPInstanceUID"]] = _Source(names.patient, new, kinds, values | _present(old))

    def add_exported(self, name: str, texts: Iterable[Found]) -> None:
        """Compare one exported file with its source."""
        found = list(texts)
        identified = [text for kind, text in found if kind == IDENTIFIERS]
        new = dict(zip(IDENTIFIER_KEYWORDS, json.loads(identified[0]), strict=True)) if identified else {}
        source = self._sources.get(new.get("SOPInstanceUID", ""))
        if source is None:
            return
        written = {kind: text for kind, text in found if kind not in _NO_ELEMENTS}
        for element in sorted(source.elements | written.keys()):
            action, passed = self._judge(element, source, written)
            self.failures += not passed
            row = (source.values["SOPInstanceUID"], new["SOPInstanceUID"], element, action)
            self._rows.append((*row, "pass" if passed else "fail"))
        del name

    def _judge(self, element: str, source: _Source, written: dict[str, str]) -> tuple[str, bool]:
        now, before = written.get(element), source.values.get(element)
        if element == "PatientID":
            return "patid_consistent", now == source.patient
        if now is None:
            return "text_removed", True
        if element == PRIVATE:
            return "text_removed", False
        if element in _UIDS and before is not None:
            return "uid_changed", now != before and now == source.new[element]
        if element in _SHIFTED and before is not None:
            return "date_shifted", now == self._owners.names.shifted_date(source.patient, before)
        return "text_retained", True

    def table(self) -> str:
        """Return the table of actions as CSV."""
        content = io.StringIO()
        writer = csv.writer(content, lineterminator="\n")
        writer.writerow(["id_old", "id_new", "element", "action", "result"])
        writer.writerows(self._rows)
        return content.getvalue()


def without_shifted_dates(texts: Iterable[Found]) -> Iterator[Found]:
    """Leave the shifted dates of an exported file out of the search: one of them may be another patient's birthday."""
    dates = {"PatientBirthDate", *_SHIFTED}
    return ((kind, text) for kind, text in texts if kind not in dates and kind != IDENTIFIERS)


def _present(identifiers: dict[str, str]) -> dict[str, str]:
    return {keyword: value for keyword, value in identifiers.items() if keyword in _UIDS and value}
