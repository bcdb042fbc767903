"""One clip from its file to clean frames, in a child: decode, find the fan, clean, check, scale, describe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain, islice
from pathlib import Path

from sonosift.archive.clip import Clip, Frame, Image
from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.cohort.geometry import FrameGeometry
from sonosift.cohort.held import HeldWriter
from sonosift.cohort.scope import MODE, Scope
from sonosift.cohort.uncleaned import Uncleaned, UncleanedFrame
from sonosift.ingest.catalog_rows import CatalogRows, FrameFacts, Row, facts_of
from sonosift.ingest.clean_crops import Cleaning, clean_crops
from sonosift.ingest.clip_job import Decoded, DecodeJob, WorkerSettings
from sonosift.ingest.crop_spool import CropSpool
from sonosift.ingest.source_file import check_unchanged, source_file
from sonosift.ingest.stored_frames import StoredFrames
from sonosift.privacy.blanking import blanked_crop
from sonosift.privacy.dark_frames import least_range, range_of_greys
from sonosift.privacy.fan import TRUSTED, Fan, Mask, find_fan
from sonosift.privacy.fan_polygon import drawn_fan, polygon_of
from sonosift.privacy.fan_template_folder import FanTemplateFolder
from sonosift.privacy.fan_templates import FanTemplate, apply_template, templates_for
from sonosift.privacy.flow_colours import FlowMasks, flow_in
from sonosift.privacy.pseudonyms import Pseudonyms
from sonosift.privacy.screens_without_scan import shows_no_scan

FRAMES_FOR_THE_FAN = 12
PIXELS_FOR_THE_FAN = 24_000_000
"""These frames are in memory together, in colour: fewer of them where they are large."""
EVERY_FRAME_HZ = 1000.0
NO_FAN, FAN_UNSURE = "no_fan", "fan_unsure"


def decode_clip(job: DecodeJob, settings: WorkerSettings) -> Decoded:
    """Write the clip's frames to a spool file, or hold them, or return the reason why neither."""
    try:
        with source_file(Path(job.path), job.member, Path(settings.spool)) as path, ExitStack() as spools:
            return _ClipDecoder(job, settings, open_clip(path), spools).decoded()
    except Unreadable as error:
        return Decoded(reason=error.reason)


@dataclass(frozen=True)
class _Spooled:
    """A clip whose fan is known, read to its end; ``dark`` holds the places of the frames that were passed over."""

    fan: Fan
    mask: Mask
    screen: Image
    crops: CropSpool
    facts: list[FrameFacts]
    flow: FlowMasks
    dark: frozenset[int]


class _ClipDecoder:
    def __init__(self, job: DecodeJob, settings: WorkerSettings, clip: Clip, spools: ExitStack) -> None:
        self._job = job
        self._settings = settings
        self._clip = clip
        self._spools = spools
        self._rows = CatalogRows(job, settings, clip.header)
        self._used_template: str | None = None

    def decoded(self) -> Decoded:
        first, frames = self._started()
        if self._job.fan_outline is not None:
            return self._exported(first, frames)
        if self._is_page(first):
            if self._settings.hold_pages:
                return self._hold_screens(chain(first, frames), None, Reason.NO_ULTRASOUND_PICTURE)
            return Decoded(reason=Reason.NO_ULTRASOUND_PICTURE)
        fan = self._fan(first)
        if fan is None or fan.confidence < TRUSTED:
            return self._hold_screens(chain(first, frames), fan, NO_FAN if fan is None else FAN_UNSURE)
        least = least_range([frame.grey for frame in first], fan.mask)
        spooled = self._spooled(chain(first, frames), fan, least)
        del first
        cleaned = self._spool("cleaned")
        cleaning = self._cleaning(spooled, cleaned)
        rule = self._out_of_scope(spooled, cleaning)
        if rule is not None:
            return Decoded(reason=Reason.OUT_OF_SCOPE, rule=rule)
        self._rows.label(cleaning.label, cleaning.view)
        if cleaning.doubt is not None:
            return self._hold_crops(spooled, cleaned, cleaning)
        result = self._kept(spooled, cleaned, cleaning)
        if self._settings.export is not None:
            self._export(spooled, cleaning, self._every_frame())
        return result

    def _started(self) -> tuple[list[Frame], Iterator[Frame]]:
        """Return the frames in which the fan is looked for, and those after them."""
        # Whatever leaves must have been looked at: for an export that is every frame.
        rate = self._settings.clip_rate_hz if self._settings.export is None else EVERY_FRAME_HZ
        frames = _same_size(self._clip.frames(rate))
        pixels = max(1, self._clip.header.height * self._clip.header.width)
        first = list(islice(frames, max(1, min(FRAMES_FOR_THE_FAN, PIXELS_FOR_THE_FAN // pixels))))
        if not first:
            raise Unreadable(Reason.NO_PIXELS)
        return first, frames

    def _is_page(self, first: list[Frame]) -> bool:
        """Say whether no frame of the clip shows an ultrasound picture."""
        if not all(shows_no_scan(frame.grey) for frame in first):
            return False
        return all(shows_no_scan(frame.grey) for frame in self._clip.frames(self._settings.clip_rate_hz))

    def _exported(self, first: list[Frame], frames: Iterator[Frame]) -> Decoded:
        """Write the DICOM file of a clip that is in the cohort, unless there is a doubt about any of its frames.

        If a person let the clip in despite the doubt, what this person saw leaves: the cohort's frames, in grey.
        """
        assert self._job.fan_outline is not None
        fan = self._fan(first)
        outline = list(self._job.fan_outline)
        if not outline and (fan is None or fan.confidence < TRUSTED):
            return Decoded(held_reason=NO_FAN if fan is None else FAN_UNSURE)  # a cohort from before outlines were kept
        if outline and (fan is None or polygon_of(fan.mask) != outline):
            # A person drew another one, or the cohort's frames showed a little less: what the cohort has is what holds.
            fan = drawn_fan(outline, first[0].grey.shape)
        assert fan is not None
        least = least_range([frame.grey for frame in first], fan.mask)
        spooled = self._spooled(chain(first, frames), fan, least)
        cleaning = self._cleaning(spooled, self._spool("cleaned"))
        if cleaning.doubt is None:
            self._export(spooled, cleaning, self._every_frame())
        elif self._job.accepted_despite is not None:
            del first, frames
            self._spools.close()
            spooled = self._spooled(self._seen_frames(), fan, least)
            cleaning = self._cleaning(spooled, self._spool("cleaned"))
            if cleaning.overlay is not None and cleaning.doubt in (None, self._job.accepted_despite):
                self._export(spooled, cleaning, self._seen_frames())
                return Decoded()
        return Decoded(held_reason=cleaning.doubt)

    def _every_frame(self) -> Iterator[Frame]:
        return _same_size(self._clip.frames(EVERY_FRAME_HZ))

    def _seen_frames(self) -> Iterator[Frame]:
        """Return the frames as a person sees them who decides about a held clip."""
        return (replace(frame, rgb=None) for frame in _same_size(self._clip.frames(self._settings.clip_rate_hz)))

    def _cleaning(self, spooled: _Spooled, cleaned: CropSpool) -> Cleaning:
        corner = (spooled.fan.box[0], spooled.fan.box[1])
        return clean_crops(spooled.crops, cleaned, spooled.mask, spooled.screen, corner, self._settings, spooled.flow)

    def _fan(self, first: list[Frame]) -> Fan | None:
        """Find the fan: as a person drew it for the machine, else in the pixels, else as the machine's other clips."""
        pictures = [frame.grey for frame in first]
        choices = self._templates(pictures[0])
        fan = self._from_template(pictures, [template for template in choices if template.edited])
        fan = fan or find_fan(pictures, self._clip.header.regions)
        if self._job.templates_mark is not None and (fan is None or fan.confidence < TRUSTED):
            fan = self._from_template(pictures, choices) or fan
        return fan

    def _templates(self, screen: Image) -> list[FanTemplate]:
        if self._settings.fan_templates is None:
            return []
        shared = self._rows.shared
        kept = _kept_templates(Path(self._settings.fan_templates))
        return templates_for(kept, shared["machine"], shared["transducer"], screen.shape[0], screen.shape[1])

    def _from_template(self, pictures: list[Image], choices: list[FanTemplate]) -> Fan | None:
        for template in choices:
            fan = apply_template(pictures, template)
            if fan is not None:
                self._used_template = template.name
                return fan
        return None

    def _spool(self, kind: str) -> CropSpool:
        return self._spools.enter_context(CropSpool(Path(self._settings.spool) / f"{self._job.clip}.{kind}"))

    def _spooled(self, frames: Iterator[Frame], fan: Fan, least: float) -> _Spooled:
        """Read the clip to its end, without frames of a smaller range of greys than ``least``.

        What is kept in memory does not grow with the clip.
        """
        crops, facts, flow, screen, dark = self._spool("crops"), [], FlowMasks(), None, set()
        x0, y0, x1, y1 = fan.box
        mask = fan.mask[y0:y1, x0:x1]
        for frame in frames:
            if least and range_of_greys(frame.grey, fan.mask) < least:
                dark.add(frame.index)
                continue
            screen = frame.grey if screen is None else screen
            crops.append(blanked_crop(frame.grey, fan))
            facts.append(facts_of(frame, fan))
            flow.append(None if frame.rgb is None else flow_in(frame.rgb[y0:y1, x0:x1], mask))
        assert screen is not None
        self._check_unchanged()
        return _Spooled(fan, mask, screen, crops, facts, flow, frozenset(dark))

    def _out_of_scope(self, spooled: _Spooled, cleaning: Cleaning) -> str | None:
        flow = any(facts.colour.is_flow(cleaning.written(at)) for at, facts in enumerate(spooled.facts))
        modes = {"doppler"} if flow else set()
        modes |= {"dual"} if spooled.fan.parts > 1 else set()
        scope = Scope(include=self._settings.include, exclude=self._settings.exclude)
        step = scope.first_failed({MODE: modes or {"b"}})
        return None if step is None else scope.steps[step].title

    def _kept(self, spooled: _Spooled, cleaned: CropSpool, cleaning: Cleaning) -> Decoded:
        target = Path(self._settings.spool) / f"{self._job.clip}.raw"
        rows = []
        with target.open("wb") as handle:
            for row, _, stored in self._stored(spooled, cleaned, cleaning):
                handle.write(stored.tobytes())
                rows.append(row)
        if self._settings.uncleaned is not None:
            before = self._uncleaned(spooled, cleaned, cleaning)
            store = Uncleaned(Path(self._settings.uncleaned))
            store.write(self._job.clip, before, len(rows), self._settings.frame_shape)
        return Decoded(
            shared=self._rows.shared,
            rows=rows,
            spool_file=str(target),
            dark_frames=self._dark_frames(spooled),
            fan_template=self._used_template,
        )

    def _dark_frames(self, spooled: _Spooled) -> int:
        """Count the frames that the cohort would have taken if they showed anything."""
        wanted = self._wanted
        return len(spooled.dark if wanted is None else spooled.dark & wanted)

    def _uncleaned(self, spooled: _Spooled, cleaned: CropSpool, cleaning: Cleaning) -> Iterator[UncleanedFrame]:
        """Yield each frame that the cohort takes as it was before cleaning."""
        wanted = self._wanted
        frames = StoredFrames(cleaned, spooled.fan, self._settings)
        for position, facts in enumerate(spooled.facts):
            if wanted is None or facts.index in wanted:
                yield frames.uncleaned(spooled.crops[position], cleaning.written(position))

    def _hold_crops(self, spooled: _Spooled, cleaned: CropSpool, cleaning: Cleaning) -> Decoded:
        """Keep the pictures as they were beside the cleaned ones, as far as these exist, for a person to judge."""
        assert cleaning.doubt is not None
        corner = (spooled.fan.box[0], spooled.fan.box[1])
        whole = len(cleaned) == len(spooled.crops)
        with HeldWriter(Path(self._settings.held), self._job.clip, cleaning.doubt, corner=corner) as held:
            for row, crop, stored in self._stored(spooled, cleaned if whole else spooled.crops, cleaning):
                held.add(self._rows.shared | row, crop, stored if whole else None)
        return Decoded(
            held_frames=len(held),
            held_reason=cleaning.doubt,
            dark_frames=self._dark_frames(spooled),
            fan_template=self._used_template,
        )

    def _stored(self, spooled: _Spooled, pictures: CropSpool, cleaning: Cleaning) -> Iterator[tuple[Row, Image, Image]]:
        """Yield the row of each frame that the cohort takes, its picture before cleaning, and as it is stored."""
        wanted = self._wanted
        frames = StoredFrames(pictures, spooled.fan, self._settings)
        self._rows.place(spooled.fan, frames.geometry)
        for position, (facts, share) in enumerate(zip(spooled.facts, cleaning.altered_shares, strict=True)):
            if wanted is None or facts.index in wanted:
                brightness, stored = frames.frame(position)
                row = self._rows.row(facts, brightness, share, cleaning.written(position))
                yield row, spooled.crops[position], stored

    def _hold_screens(self, frames: Iterator[Frame], fan: Fan | None, reason: str) -> Decoded:
        """Keep whole screens until a person has drawn or confirmed their fan."""
        wanted = self._wanted
        with HeldWriter(Path(self._settings.held), self._job.clip, reason) as held:
            for frame in frames:
                if wanted is not None and frame.index not in wanted:
                    continue
                height, width = frame.grey.shape
                whole = FrameGeometry.around((0, 0, width, height), self._settings.frame_shape, (height, width))
                self._rows.place(fan, whole)
                row = self._rows.row(facts_of(frame, fan), float(frame.grey.mean()))
                held.add(self._rows.shared | row, frame.grey)
            self._check_unchanged()
        return Decoded(held_frames=len(held), held_reason=reason, fan_template=self._job.templates_mark)

    @cached_property
    def _wanted(self) -> set[int] | None:
        """Which frames the cohort takes; None for all that were read. The clip is decoded once more to know them."""
        if self._settings.export is None:
            return None
        return {frame.index for frame in self._clip.frames(self._settings.clip_rate_hz)}

    def _export(self, spooled: _Spooled, cleaning: Cleaning, frames: Iterator[Frame]) -> None:
        from sonosift.ingest.dicom_export import DicomExport
        from sonosift.ingest.dicom_export_header import ClipNames

        assert self._settings.export is not None
        job, pseudonyms = self._job, Pseudonyms(bytes.fromhex(self._settings.key_hex))
        names = ClipNames(patient=job.patient, exam=job.exam, clip=job.clip)
        export = DicomExport(Path(self._settings.export), pseudonyms, self._settings.study_table)
        shown = (frame for frame in frames if frame.index not in spooled.dark)
        export.write(self._clip.header, names, shown, spooled.fan, cleaning.overlay)
        try:
            self._check_unchanged()
        except Unreadable:
            export.remove(names)
            raise

    def _check_unchanged(self) -> None:
        check_unchanged(Path(self._job.path), self._job.modified_ns, self._job.size)


@cache
def _kept_templates(folder: Path) -> list[FanTemplate]:
    # A child lives for one pass, in which the templates do not change.
    return FanTemplateFolder(folder).read()


def _same_size(frames: Iterator[Frame]) -> Iterator[Frame]:
    shape = None
    for frame in frames:
        shape = shape or frame.grey.shape
        if frame.grey.shape != shape:
            raise Unreadable(Reason.BROKEN_PIXELS)
        yield frame
