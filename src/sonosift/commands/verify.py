"""``sonosift verify``: search a whole cohort again for identities, and report to the data-protection officer."""

from __future__ import annotations

from pathlib import Path

from sonosift.commands.summary import Summary


class VerifySummary(Summary):
    """What was searched and what was found; the identities themselves stand in the private report only.

    Attributes:
        passed: Whether nothing at all was found.
        tokens_found: Different identifying terms that stand in the cohort.
        patterns_found: Places that look like an identity.
        frames_doubted: Frames that may show writing, or pixels outside the fan.
        frames_suspected: Frames that only the independent check suspects: worth a look.
        folder_findings: Files and folders that are not as they should be.
        files_searched: Files of the cohort, all bytes of each.
        megabytes: Their size.
        megabytes_per_second: How fast they were searched.
        terms_searched: Different terms that were searched for.
        terms_left_out: Words of the archive that were not, because they identify nobody.
        frames_checked: Frames that were looked at.
        frames_read: Frames that were read with OCR.
        report: The page, in the private folder.
        findings: What was found, in sentences.
    """

    passed: bool
    tokens_found: int
    patterns_found: int
    frames_doubted: int
    frames_suspected: int
    folder_findings: int
    files_searched: int
    megabytes: float
    megabytes_per_second: float
    terms_searched: int
    terms_left_out: int
    frames_checked: int
    frames_read: int
    report: str
    findings: list[str]

    @property
    def exit_code(self) -> int:
        """What the shell is told: 1 when something was found."""
        return 0 if self.passed else 1

    def describe(self) -> str:
        """Return the findings and where to look."""
        lines = [*self.findings]
        if self.frames_suspected:
            lines.append(f"{self.frames_suspected:,} frames are worth a look, though nothing could be read in them.")
        lines.append(
            f"Searched {self.terms_searched:,} terms in {self.files_searched:,} files ({self.megabytes:,.0f} MB, "
            f"{self.megabytes_per_second:,.0f} MB/s) and {self.frames_checked:,} frames ({self.frames_read:,} read)."
        )
        return "\n".join([*lines, f"Report (private): {self.report}"])


def verify(
    cohort: str | Path, *, against: Path | None = None, ocr: bool = True, exported: Path | None = None
) -> VerifySummary:
    """Search everything in a cohort for identities and write a private report; fails when something is found.

    Args:
        cohort: Folder of the cohort.
        against: The archive it was made from: all its names, numbers and dates are searched for.
        ocr: Read every frame with OCR (slow).
        exported: Folder of de-identified DICOM files made from the same archive, to be searched too.

    Returns:
        Whether nothing was found, and how much was searched.
    """
    from sonosift.cohort.cohort import Cohort
    from sonosift.verify.verify_cohort import verify_cohort
    from sonosift.verify.verify_report import sentences, write_report

    opened = Cohort.open(cohort)
    found = verify_cohort(
        opened,
        None if against is None else Path(against).absolute(),
        ocr=ocr,
        exported=None if exported is None else Path(exported).absolute(),
    )
    page = write_report(opened, found)
    return VerifySummary(
        passed=found.passed,
        tokens_found=found.tokens_found,
        patterns_found=len(found.patterns),
        frames_doubted=found.frames_doubted,
        frames_suspected=found.frames_suspected,
        folder_findings=len(found.folders) + len(found.unreadable),
        files_searched=found.files,
        megabytes=round(found.megabytes, 3),
        megabytes_per_second=round(found.megabytes / max(found.search_seconds, 1e-6), 2),
        terms_searched=len(found.terms.searched),
        terms_left_out=sum(map(len, found.terms.left_out.values())),
        frames_checked=found.frames,
        frames_read=found.frames_read,
        report=str(page),
        findings=sentences(found),
    )
