"""``flow.json``: how many files, exams and patients are left after each step of exclusion.

It holds numbers, reason codes and the user's own rules, nothing of any file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from sonosift.archive.unreadable import Reason
from sonosift.cohort.sources import Source
from sonosift.machine import atomic

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

FILE_NAME = "flow.json"

_NO_IMAGES = frozenset({Reason.NOT_AN_IMAGE, Reason.DICOMDIR, Reason.PACKED_ARCHIVE, Reason.NESTED_ARCHIVE})


class FlowStep(BaseModel):
    """What is left after one step.

    Attributes:
        title: What is left.
        files: Files and members of zips.
        exams: Exams, where they are known by then.
        patients: Patients, where they are known by then.
        left_out: Files that this step left out, by reason.
        is_rule: Whether the step is one of the user's rules.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    files: int
    exams: int | None = None
    patients: int | None = None
    left_out: dict[str, int] = {}
    is_rule: bool = False


class Flow(BaseModel):
    """The way from an archive to a cohort.

    Attributes:
        format: Version of the file.
        steps: From the whole archive to what is in the cohort.
        frames: Frames in the cohort.
        dark_frames: Frames of its clips that were left out because they show nothing.
        near_duplicate_frames: How many of them look like a frame of another clip.
        near_duplicate_groups: Into how many groups these fall.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    steps: tuple[FlowStep, ...]
    frames: int
    dark_frames: int = 0
    near_duplicate_frames: int
    near_duplicate_groups: int


def read_flow(cohort_path: Path) -> Flow | None:
    """Read the flow of a cohort; one that was made by hand has none."""
    path = cohort_path / FILE_NAME
    return Flow.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None


def update_flow(cohort: Cohort, sources: Iterable[Source] | None = None) -> Flow:
    """Count again and keep the result in the cohort.

    Args:
        cohort: The cohort; its private side must be there.
        sources: The sources that count; all that are recorded by default.
    """
    counted = cohort.private.sources.all() if sources is None else list(sources)
    catalog = cohort.catalog()
    groups = catalog["near_duplicate_group"].drop_nulls()
    flow = Flow(
        steps=tuple(_steps(counted, [step.title for step in cohort.settings.scope.steps])),
        frames=len(catalog),
        dark_frames=sum(source.dark_frames for source in counted),
        near_duplicate_frames=len(groups),
        near_duplicate_groups=groups.n_unique(),
    )
    atomic.write_text(cohort.path / FILE_NAME, flow.model_dump_json(indent=1) + "\n")
    return flow


def _steps(sources: list[Source], rules: list[str]) -> Iterator[FlowStep]:
    """Take the sources out one kind after the other: each leaves at exactly one step."""
    yield FlowStep(title="files in the archive", files=len(sources))
    left, out = _parted(sources, lambda source: source.reason in _NO_IMAGES)
    yield FlowStep(title="images and clips", files=len(left), left_out=_by_reason(out))
    left, out = _parted(left, lambda source: source.state == "quarantined")
    yield _step("readable", left, out)
    left, out = _parted(left, lambda source: source.reason == Reason.EXACT_DUPLICATE)
    yield _step("each file once", left, out)
    old_rules = {source.rule for source in left if source.rule is not None} - set(rules)
    for rule in (*rules, *sorted(old_rules)):
        out = [source for source in left if source.rule == rule]
        left = [source for source in left if source.rule != rule]
        yield _step(rule, left, out, is_rule=True)
    left, out = _parted(left, lambda source: source.reason == Reason.NO_ULTRASOUND_PICTURE)
    yield _step("showing an ultrasound picture", left, out)
    left, out = _parted(left, lambda source: source.state == "skipped")
    yield _step("not forgotten, not discarded", left, out)
    left, out = _parted(left, lambda source: source.held_frames > 0)
    yield _step("in the cohort", left, out)


def _step(title: str, left: list[Source], out: list[Source], *, is_rule: bool = False) -> FlowStep:
    return FlowStep(
        title=title,
        files=len(left),
        exams=len({source.exam for source in left} - {None}),
        patients=len({source.patient for source in left} - {None}),
        left_out=_by_reason(out),
        is_rule=is_rule,
    )


def _parted(sources: list[Source], goes: Callable[[Source], bool]) -> tuple[list[Source], list[Source]]:
    return [source for source in sources if not goes(source)], [source for source in sources if goes(source)]


def _by_reason(sources: list[Source]) -> dict[str, int]:
    reasons = Counter(source.reason or source.held_reason or "held" for source in sources)
    return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
