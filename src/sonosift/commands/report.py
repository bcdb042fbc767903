"""``sonosift report``: one HTML page that shows what was found, and opens without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonosift.commands.summary import Summary

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort
    from sonosift.cohort.run_folder import RunFolder


class ReportSummary(Summary):
    """Where the page is and what it holds.

    Attributes:
        report: The file.
        megabytes: Its size.
        runs: The runs it shows.
        groups: Groups shown.
        findings: What was found, in sentences.
    """

    report: str
    megabytes: float
    runs: list[str]
    groups: int
    findings: list[str]

    def describe(self) -> str:
        """Return the findings and where to look."""
        lines = [f"* {finding}" for finding in self.findings]
        return "\n".join([*lines, f"Open {self.report} in a browser ({self.megabytes:.1f} MB, needs no network)."])


def report(
    cohort: str | Path, *, runs: list[str] | None = None, out: Path | None = None, split: str | None = None
) -> ReportSummary:
    """Write the report page of a cohort and its runs.

    Args:
        cohort: Folder of the cohort.
        runs: Runs to show; by default all, but of the groupings only the newest.
        out: The HTML file; by default report.html in the cohort, or in the run's folder when one run is named.
        split: Split whose parts are shown; by default that by which the newest run learnt.

    Returns:
        Where the page is, and its findings.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.errors import SonosiftError
    from sonosift.evaluate.cohort_frames import cohort_frames
    from sonosift.machine import atomic
    from sonosift.report.gather import gather
    from sonosift.report.page import render

    opened = Cohort.open(cohort)
    if opened.catalog().is_empty():
        raise SonosiftError(f"the cohort {opened.path} holds no frames to report on", "Ingest an archive first.")
    chosen = [opened.runs.get(name) for name in runs] if runs else opened.runs.list()
    path = out or (chosen[0].report_path if runs and len(chosen) == 1 else opened.path / "report.html")
    if not path.parent.is_dir():
        raise SonosiftError(f"there is no folder {path.parent} to write the report into", "Make it first.")
    content = gather(
        opened, cohort_frames(opened, split or _learnt_by(opened, chosen)), chosen, every_grouping=bool(runs)
    )
    page = render(content)
    atomic.write_text(path, page)
    return ReportSummary(
        report=str(path),
        megabytes=round(len(page.encode("utf-8")) / 1e6, 2),
        runs=[run.name for run in chosen],
        groups=sum(len(grouping.cards) for grouping in content.groupings),
        findings=content.findings,
    )


def _learnt_by(cohort: Cohort, runs: list[RunFolder]) -> str | None:
    """Return the split of the newest run that has one; None where there is no split."""
    from sonosift.evaluate.run_lineage import split_of

    found = (split_of(cohort, run, None) for run in reversed(runs))
    return next((name for name in found if name in cohort.splits.names()), None)
