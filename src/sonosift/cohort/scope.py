"""Which clips of an archive come in: rules on what the header says and on how the picture was made.

A rule is written ``field=pattern`` with a shell pattern, in small or capital letters: ``study_description=*biopsy*``.
A clip comes in when, for every field with ``include`` rules, one of that field's rules fits, and no ``exclude`` rule
fits. What a header does not say is the empty text, which only ``*`` and the empty pattern fit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from sonosift.errors import SonosiftError, unknown_name

HEADER_FIELDS = ("exam_title", "study_description", "body_part", "machine", "modality")
MODE = "mode"
MODES = ("b", "doppler", "dual")
FIELDS = (*HEADER_FIELDS, MODE)


@dataclass(frozen=True)
class Step:
    """One step of exclusion.

    Attributes:
        title: The rules as the user wrote them.
        field: What they look at.
        patterns: Shell patterns in small letters.
        wanted: Whether a clip has to fit one of the patterns, or none.
    """

    title: str
    field: str
    patterns: tuple[str, ...]
    wanted: bool

    def passes(self, values: Collection[str]) -> bool:
        """Say whether a clip with these values of the field gets past this step."""
        fits = any(fnmatchcase(value.strip().lower(), pattern) for value in values for pattern in self.patterns)
        return fits is self.wanted


def checked_rule(rule: str) -> str:
    """Return a rule as it is kept, or say what is wrong with it.

    >>> checked_rule(" Body_Part = ABDOMEN")
    'body_part=ABDOMEN'
    """
    field, equals, pattern = rule.partition("=")
    field, pattern = field.strip().lower(), pattern.strip()
    if not equals:
        raise SonosiftError(f"the scope rule {rule!r} is not FIELD=PATTERN", 'For example: "body_part=abdomen"')
    if field not in FIELDS:
        raise unknown_name("field of a scope rule", field, FIELDS)
    if field == MODE and pattern.lower() not in MODES:
        raise unknown_name("mode of a scope rule", pattern, MODES)
    return f"{field}={pattern}"


def _valid(rule: str) -> str:
    try:
        return checked_rule(rule)
    except SonosiftError as error:
        raise ValueError(error.message) from error


Rule = Annotated[str, AfterValidator(_valid)]


class Scope(BaseModel):
    """The rules of one cohort.

    >>> scope = Scope(include=("body_part=Abdomen",), exclude=("mode=doppler", "study_description=*biopsy*"))
    >>> [step.title for step in scope.steps]
    ['body_part=Abdomen', 'not study_description=*biopsy*', 'not mode=doppler']
    >>> scope.first_failed({"body_part": ["ABDOMEN"], "study_description": ["US BIOPSY"]})
    1
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    include: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The rules in the order in which they are applied: what the header says first, the mode last."""
        parts = [(rule, *rule.split("=", 1)) for rule in self.include]
        wanted = [
            Step(
                " or ".join(rule for rule, other, _ in parts if other == field),
                field,
                tuple(pattern.lower() for _, other, pattern in parts if other == field),
                wanted=True,
            )
            for field in dict.fromkeys(field for _, field, _ in parts)
        ]
        unwanted = [
            Step(f"not {rule}", field, (pattern.lower(),), wanted=False)
            for rule in self.exclude
            for field, pattern in [rule.split("=", 1)]
        ]
        return tuple(sorted([*wanted, *unwanted], key=lambda step: step.field == MODE))

    def first_failed(self, facts: Mapping[str, Collection[str]]) -> int | None:
        """Return the number of the first step that a clip fails, None if it fails none.

        Args:
            facts: Values by field. Steps on other fields are not judged: the mode is known later than the header.
        """
        for number, step in enumerate(self.steps):
            if step.field in facts and not step.passes(facts[step.field]):
                return number
        return None


EVERYTHING = Scope()
