"""Clips that wait only for their fan are tried once more, with the fans that their machine showed elsewhere.

What the templates are built from must not depend on how often an ingest was killed: only clips whose fan was found in
their own pixels count, and these are all committed before the first clip is tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sonosift.archive.clip import Image
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.held import HeldClip, HeldClips
from sonosift.cohort.sources import Source
from sonosift.ingest.archive_file import ArchiveFile
from sonosift.ingest.clip_job import DecodeJob
from sonosift.ingest.decode_clip import FAN_UNSURE, NO_FAN
from sonosift.privacy.fan import TRUSTED
from sonosift.privacy.fan_template_folder import FanTemplateFolder
from sonosift.privacy.fan_templates import FanTemplate, build_templates, templates_for

FOLDER = "fan_templates"


@dataclass(frozen=True)
class _Waiting:
    file: ArchiveFile
    source: Source
    clip: HeldClip

    @property
    def screen(self) -> tuple[str | None, str | None, int, int]:
        """What a template must fit: machine, transducer, height and width."""
        row = self.clip.rows[0]
        return row["machine"], row["transducer"], row["source_height"], row["source_width"]


def template_folder(cohort: Cohort) -> FanTemplateFolder:
    """Return where the templates of a cohort lie, for people to look at and to edit."""
    return FanTemplateFolder(cohort.private_path / FOLDER)


def retry_jobs(cohort: Cohort, archive: Path, files: Iterable[ArchiveFile]) -> list[tuple[ArchiveFile, DecodeJob]]:
    """Build the templates anew and return the clips to try with them, in the order of the archive.

    A clip that was tried with these very templates before is not tried again.
    """
    sources = {(source.path, source.member): source for source in cohort.private.sources.all()}
    waiting = list(_waiting(cohort, files, sources))
    if not waiting:
        return []
    folder = template_folder(cohort)
    built = build_templates(_sure_clips(cohort, waiting, sources.values()))
    folder.keep(built, _previews(built, waiting))
    templates = folder.read()
    jobs = []
    for each in waiting:
        choices = templates_for(templates, *each.screen)
        mark = _mark(choices)
        if choices and each.source.fan_template != mark:
            jobs.append((each.file, _job(archive, each, mark)))
    return jobs


def _waiting(
    cohort: Cohort, files: Iterable[ArchiveFile], sources: Mapping[tuple[str, str], Source]
) -> Iterator[_Waiting]:
    held = {clip.clip: clip for clip in HeldClips(cohort).list()}
    for file in files:
        source = sources.get(file.key)
        if source is not None and source.clip in held and source.held_reason in (NO_FAN, FAN_UNSURE):
            yield _Waiting(file, source, held[source.clip])


def _sure_clips(cohort: Cohort, waiting: Sequence[_Waiting], sources: Iterable[Source]) -> list[dict[str, object]]:
    """Return one row for each clip with a fan of its own, of the machines and screens that somebody waits for."""
    borrowed = [source.clip for source in sources if source.fan_template is not None or source.held_frames]
    screens = pl.DataFrame(
        sorted({(machine or "", height, width) for machine, _, height, width in (each.screen for each in waiting)}),
        schema={"key": pl.String, "source_height": pl.Int32, "source_width": pl.Int32},
        orient="row",
    )
    catalog = cohort.catalog().filter(
        (pl.col("fan_confidence") >= TRUSTED) & ~pl.col("clip").is_in([clip for clip in borrowed if clip is not None])
    )
    rows = (
        catalog.unique("clip", keep="first", maintain_order=True)
        .with_columns(pl.col("machine").fill_null("").alias("key"))
        .join(screens, on=["key", "source_height", "source_width"], how="semi")
    )
    return rows.select(
        "machine",
        "transducer",
        pl.col("source_height").alias("height"),
        pl.col("source_width").alias("width"),
        "fan_outline",
    ).to_dicts()


def _previews(built: Iterable[FanTemplate], waiting: Sequence[_Waiting]) -> dict[str, Image]:
    """Choose a screen to draw each template on: the first that waits for it."""
    previews = {}
    for template in built:
        fitting = (each for each in waiting if templates_for([template], *each.screen))
        first = next(fitting, None)
        if first is not None:
            previews[template.name] = first.clip.source(0)
    return previews


def _mark(choices: Sequence[FanTemplate]) -> str:
    """Name a set of templates by what they draw."""
    drawn = repr([(template.name, template.polygons, template.edited) for template in choices])
    return "tried " + hashlib.sha256(drawn.encode()).hexdigest()[:16]


def _job(archive: Path, waiting: _Waiting, mark: str) -> DecodeJob:
    source, row = waiting.source, waiting.clip.rows[0]
    assert source.clip is not None
    return DecodeJob(
        path=str(archive / waiting.file.path),
        member=waiting.file.member,
        sha256=source.sha256,
        modified_ns=source.modified_ns,
        size=source.size,
        bytes=source.size,
        instance=source.clip,
        clip=source.clip,
        exam=row["exam"],
        patient=row["patient"],
        templates_mark=mark,
    )
