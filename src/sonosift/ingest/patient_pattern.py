"""Where in a path the patient and the exam are written, as the user describes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sonosift.errors import SonosiftError

_NAMES = ("patient", "exam")
_HINT = "For example '{patient}/{exam}/*', or a regular expression: '(?P<patient>[^/]+)/(?P<exam>[^/]+)/.*'"


@dataclass(frozen=True)
class PathNames:
    """What a path says; the exam may be left open."""

    patient: str
    exam: str | None


class PatientPattern:
    r"""A pattern for paths relative to the archive.

    ``{patient}`` and ``{exam}`` stand for a part of the path without ``/``, ``*`` for anything, ``?`` for one
    character. A pattern that contains ``(?P<patient>`` is a regular expression for the whole path.

    >>> PatientPattern("{patient}/{exam}/*").read("p7/2024-01/a/IM0.dcm")
    PathNames(patient='p7', exam='2024-01')
    >>> PatientPattern(r"(?P<patient>\d+)_.*").read("clips/12_a.mp4") is None
    True
    """

    def __init__(self, pattern: str) -> None:
        expression = pattern if "(?P<" in pattern else _translated(pattern)
        try:
            self._expression = re.compile(expression)
        except re.error as error:
            raise SonosiftError(f"{pattern!r} is no pattern for patients: {error}", _HINT) from error
        unknown = set(self._expression.groupindex) - set(_NAMES)
        if unknown:
            raise SonosiftError(f"{pattern!r} names {', '.join(sorted(unknown))}; known: patient, exam", _HINT)
        if "patient" not in self._expression.groupindex:
            raise SonosiftError(f"{pattern!r} does not say where the patient is written", _HINT)

    def read(self, path: str) -> PathNames | None:
        """Return what the path says, None if it does not fit the pattern."""
        found = self._expression.fullmatch(path)
        if found is None or not found["patient"]:
            return None
        return PathNames(found["patient"], found.groupdict().get("exam") or None)


def _translated(pattern: str) -> str:
    parts = []
    for part in re.split(r"(\{\w*\}|\*+|\?)", pattern):
        if part.startswith("{"):
            name = part[1:-1]
            if name not in _NAMES:
                raise SonosiftError(f"{pattern!r} names {part}; known: {{patient}}, {{exam}}", _HINT)
            parts.append(f"(?P<{name}>[^/]+)")
        elif part.startswith("*"):
            parts.append(".*")
        else:
            parts.append("." if part == "?" else re.escape(part))
    return "(?s:" + "".join(parts) + ")"
