"""Merges followed back: from a run whose groups were merged, perhaps more than once, to the run that formed them."""

from __future__ import annotations

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.run_folder import RunFolder


def merged_groups(home: Cohort, run: RunFolder) -> tuple[RunFolder, dict[int, int]]:
    """Return the run that formed the groups, and what became of each of them; empty where nothing was merged.

    A group that no frame of its own cohort fell into was never merged with any: a frame of another archive may fall
    into it all the same, so that it stays a group of its own, numbered after the merged ones.

    Args:
        home: the cohort of the run.
        run: a finished clustering.
    """
    became: dict[int, int] = {}
    while run.config.get("merged"):
        step: dict[int, int] = dict(run.config["merged"])
        became = {group: became.get(number, number) for group, number in step.items()}
        run = home.runs.get(run.config["from_run"])
    if not became:
        return run, {}
    alone = [group for group in range(int(run.config["clusters"])) if group not in became]
    first = max(became.values()) + 1
    return run, became | {group: first + place for place, group in enumerate(alone)}
