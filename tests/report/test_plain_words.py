import dataclasses

import pytest

from sonosift.evaluate.score_table import Difference, Figure
from sonosift.report.plain_words import findings


def _told(content, low, high, evaluations=True):
    evaluation = content.evaluations[0]
    best = max(evaluation.methods[1:], key=lambda method: method.weighted_f1.value)
    difference = Difference(baseline=best.name, weighted_f1=Figure(value=0.0, low=low, high=high))
    changed = evaluation.model_copy(update={"differences": [difference]})
    return " ".join(findings(content.cohort, content.groupings, [changed] if evaluations else []))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 0.2, "beyond what chance"),
        (-0.2, -0.1, "the baseline is better"),
        (-0.1, 0.1, "cannot be told apart"),
    ],
)
def test_the_verdict_follows_the_interval(content, low, high, words):
    told = _told(content, low, high)
    others = {"beyond what chance", "the baseline is better", "cannot be told apart"} - {words}
    assert words in told
    assert not any(other in told for other in others)


def test_counts_and_names_are_those_of_the_page(content):
    told = _told(content, 0.1, 0.2)
    assert f"{content.cohort.frames} frames of {content.cohort.patients} patients" in told
    assert f"fell into {len(content.groupings[0].cards)} groups" in told
    rows = [row for row in content.evaluations[0].methods[0].classes if row.f1.value is not None]
    hardest = min(rows, key=lambda row: row.f1.value)
    assert f"{hardest.name} worst ({hardest.f1.value:.2f}, on {hardest.support} test frame" in told


def test_suspicious_groups_are_counted(content):
    cards = [dataclasses.replace(card, warnings=["one scanner"] * (place < 2)) for place, card in
             enumerate(content.groupings[0].cards)]  # fmt: skip
    grouping = dataclasses.replace(content.groupings[0], cards=cards)
    told = " ".join(findings(content.cohort, [grouping], []))
    assert "2 groups come almost entirely" in told


def test_frames_set_apart_are_no_group_and_names_of_people_are_counted(content):
    grouping = content.groupings[0]
    first, *others = grouping.cards
    cards = [*others[:2], dataclasses.replace(first, number=-1, frames=12, share=0.05)]
    cards[0] = dataclasses.replace(cards[0], name="spleen", matched_frames=0)
    cards[1] = dataclasses.replace(cards[1], matched_frames=0)
    told = " ".join(findings(content.cohort, [dataclasses.replace(grouping, cards=cards)], []))
    assert "fell into 2 groups" in told
    assert "12 frames (5\u00a0%) are unlike all that the groups were formed from" in told
    assert "1 bear" in told
    assert "single label" not in told
    assert cards[0].title == "spleen"
    assert cards[2].title.startswith("set apart")


def test_a_collapse_is_called_by_its_name(content):
    cards = [dataclasses.replace(content.groupings[0].cards[0], share=0.97)]
    grouping = dataclasses.replace(content.groupings[0], cards=cards)
    assert "collapse" in " ".join(findings(content.cohort, [grouping], []))
    assert "collapse" not in " ".join(findings(content.cohort, content.groupings, []))


def test_without_runs_the_next_step_is_named(content):
    told = findings(content.cohort, [], [])
    assert len(told) == 2
    assert "sonosift cluster" in told[1]


def test_one_of_a_kind_is_singular(content):
    cohort = dataclasses.replace(content.cohort, frames=1, patients=1, machine_models=1, quarantine=[], labelled=0)
    told = findings(cohort, [], [])[0]
    assert told == "The cohort holds 1 frame of 1 patient from 1 machine. 0 frames (0\u00a0%) carry labels."
