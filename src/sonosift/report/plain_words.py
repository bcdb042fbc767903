"""What was found, in sentences; every sentence follows from figures that stand elsewhere on the page."""

from __future__ import annotations

from sonosift.evaluate.score_table import Evaluation, MethodScore
from sonosift.report.content import CohortFacts, Grouping
from sonosift.report.percentages import percent

_COLLAPSE_SHARE = 0.8
"""From this share in one group on, a clustering has sorted nothing."""


def findings(cohort: CohortFacts, groupings: list[Grouping], evaluations: list[Evaluation]) -> list[str]:
    """Write the findings, what speaks against the result as readily as what speaks for it."""
    sentences = [_of_cohort(cohort)]
    for grouping in groupings:
        sentences += _of_groups(grouping)
    for evaluation in evaluations:
        sentences += _of_scores(evaluation)
    if not groupings and not evaluations:
        sentences.append(
            "No group was formed and nothing was scored yet: run “sonosift cluster” and “sonosift evaluate”."
        )
    return sentences


def _of_cohort(cohort: CohortFacts) -> str:
    lost = sum(reason.count for reason in cohort.quarantine)
    left_out = f"; {_count(lost, 'file')} could not be used" if lost else ""
    return (
        f"The cohort holds {_count(cohort.frames, 'frame')} of {_count(cohort.patients, 'patient')} from "
        f"{_count(cohort.machine_models, 'machine')}{left_out}. "
        f"{_count(cohort.labelled, 'frame')} ({percent(cohort.labelled / max(1, cohort.frames))}) carry labels."
    )


def _of_groups(grouping: Grouping) -> list[str]:
    cards = [card for card in grouping.cards if card.number >= 0]
    apart = [card for card in grouping.cards if card.number < 0]
    if not cards:
        return []
    sentences = [
        f"Without any label the frames fell into {_count(len(cards), 'group')}; the largest holds "
        f"{percent(cards[0].share)} of them."
    ]
    if any(card.matched_frames for card in cards):
        agreed = sum(any(label.share > 0.5 for label in card.labels) for card in cards)
        sentences[0] += f" In {agreed} a single label is on most of the labelled frames."
    if any(card.name for card in cards):
        sentences[0] += f" {sum(bool(card.name) for card in cards)} bear a name that a person gave."
    if apart:
        strange = f"{_count(apart[0].frames, 'frame')} ({percent(apart[0].share)})"
        sentences.append(f"{strange} are unlike all that the groups were formed from, and were set apart.")
    if cards[0].share >= _COLLAPSE_SHARE:
        sentences.append(
            f"That is a collapse: the groups of {grouping.run} say nothing. Train longer, or with a stronger balance."
        )
    suspicious = sum(bool(card.warnings) for card in cards)
    if suspicious:
        sentences.append(
            f"{_count(suspicious, 'group')} {'comes' if suspicious == 1 else 'come'} almost entirely from one scanner "
            "or one patient; read the warnings before trusting them."
        )
    return sentences


def _of_scores(evaluation: Evaluation) -> list[str]:
    ours = [method for method in evaluation.methods if method.kind == "run"]
    baselines = [method for method in evaluation.methods if method.kind == "baseline"]
    if not ours:
        return []
    sentences = [f"On patients whose labels it never saw, {ours[0].name} reaches {_weighted(ours[0])}."]
    if baselines:
        sentences.append(_against_baselines(evaluation, ours[0], baselines))
    judged = [row for row in ours[0].classes if row.f1.value is not None]
    if len(judged) > 1:
        easiest = max(judged, key=lambda row: row.f1.value or 0)
        hardest = min(judged, key=lambda row: row.f1.value or 0)
        sentences.append(
            f"{ours[0].name} tells {easiest.name} best (F1 {easiest.f1.value:.2f}) and {hardest.name} worst "
            f"({hardest.f1.value:.2f}, on {_count(hardest.support, 'test frame')})."
        )
    return sentences


def _against_baselines(evaluation: Evaluation, ours: MethodScore, baselines: list[MethodScore]) -> str:
    best = max(baselines, key=lambda method: method.weighted_f1.value or 0)
    difference = next((row.weighted_f1 for row in evaluation.differences if row.baseline == best.name), None)
    compared = f"The best simple baseline, {best.name}, reaches {_weighted(best)}"
    if difference is None or difference.low is None or difference.high is None:
        return f"{compared}."
    if difference.low > 0:
        return f"{compared}; the gain is beyond what chance in the choice of patients explains."
    if difference.high < 0:
        return f"{compared}: the baseline is better, and {ours.name} is not worth its training here."
    return f"{compared}: the two cannot be told apart with this many patients."


def _weighted(method: MethodScore) -> str:
    figure = method.weighted_f1
    if figure.value is None:
        return "no defined F1"
    if figure.low is None or figure.high is None:
        return f"a weighted F1 of {figure.value:.2f}"
    return f"a weighted F1 of {figure.value:.2f} (95\u00a0% interval {figure.low:.2f} to {figure.high:.2f})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", "\u202f")
