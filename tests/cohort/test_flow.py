from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sonosift.archive.unreadable import Reason
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.flow import Flow, read_flow, update_flow
from sonosift.cohort.scope import Scope
from sonosift.cohort.sources import Source
from tests.cohort.conftest import KEY

SCOPE = Scope(include=("body_part=abdomen",), exclude=("mode=doppler",))
RULES = [step.title for step in SCOPE.steps]


@st.composite
def sources(draw: st.DrawFn) -> list[Source]:
    """Files of every fate, as ingest and clear record them."""
    fates = [
        {"state": "ingested", "frames": 3},
        {"state": "ingested", "held_frames": 2, "held_reason": "no_fan"},
        {"state": "skipped", "reason": "discarded"},
        *({"state": "skipped", "reason": str(Reason.OUT_OF_SCOPE), "rule": rule} for rule in [*RULES, "not old=rule"]),
        *(
            {"state": "skipped" if reason.is_skip else "quarantined", "reason": str(reason)}
            for reason in Reason
            if reason is not Reason.OUT_OF_SCOPE
        ),
    ]
    chosen = draw(st.lists(st.tuples(st.sampled_from(fates), st.integers(0, 3)), max_size=30))
    return [
        Source(f"{place}", patient=f"p{owner // 2}", exam=f"e{owner}", **fate)  # type: ignore[arg-type]
        for place, (fate, owner) in enumerate(chosen)
    ]


def flow_of(folder: Path, given: list[Source]) -> Flow:
    cohort = Cohort.open(folder / "c") if Cohort.exists(folder / "c") else None
    return update_flow(cohort or Cohort.create(folder / "c", size=16, scope=SCOPE, key=KEY), given)


@settings(deadline=None, max_examples=40)
@given(given=sources())
def test_every_file_leaves_once_or_arrives(tmp_path_factory, given: list[Source]) -> None:
    steps = flow_of(tmp_path_factory.getbasetemp() / "flow", given).steps
    assert steps[0].files == len(given)
    for before, after in pairwise(steps):
        assert after.files == before.files - sum(after.left_out.values())
    assert steps[-1].files == sum(source.frames > 0 for source in given)
    arrived = [source for source in given if source.frames]
    assert steps[-1].exams == len({source.exam for source in arrived})
    assert steps[-1].patients == len({source.patient for source in arrived})
    left_out = {reason for step in steps for reason in step.left_out}
    assert left_out == {source.reason or source.held_reason for source in given} - {None}


@settings(deadline=None, max_examples=40)
@given(given=sources())
def test_rules_are_steps_of_their_own_in_their_order(tmp_path_factory, given: list[Source]) -> None:
    steps = flow_of(tmp_path_factory.getbasetemp() / "flow", given).steps
    rules = [step for step in steps if step.is_rule]
    assert [step.title for step in rules][:2] == RULES
    for step in rules:
        assert sum(step.left_out.values()) == sum(source.rule == step.title for source in given)


def test_written_and_read_again_and_without_names(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, [Source("MILLER/x.dcm", patient="p", exam="e", frames=1)])
    assert read_flow(tmp_path / "c") == flow
    assert read_flow(tmp_path) is None
    assert "MILLER" not in (tmp_path / "c/flow.json").read_text()
