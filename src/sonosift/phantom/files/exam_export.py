"""Write the files of one exam into the archive and note their truth."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sonosift.dicom.ultrasound_regions import Region
from sonosift.phantom.files.clean_pictures import write_clean
from sonosift.phantom.files.corruption import DAMAGES, leaflet, report_without_image
from sonosift.phantom.files.media_directory import media_directory
from sonosift.phantom.files.moved_files import pack, rename_in_latin_1
from sonosift.phantom.files.rare_encodings import encoding_for, stated_photometric
from sonosift.phantom.files.truth import write_arrays
from sonosift.phantom.files.truth_rows import frame_rows, mask_arrays, one_frame, page_row
from sonosift.phantom.files.write_dicom import Instance, dicom_bytes
from sonosift.phantom.files.write_still import png_bytes
from sonosift.phantom.files.write_video import mp4_bytes
from sonosift.phantom.files.written import Exported, Written
from sonosift.phantom.paperwork.export_names import exam_folder, file_name
from sonosift.phantom.paperwork.machine_habits import Coding, draw_transducer_values
from sonosift.phantom.paperwork.metadata import ExamHeader
from sonosift.phantom.paperwork.planted import Planted
from sonosift.phantom.scanning.acquisition import Acquisition
from sonosift.phantom.screen.screen_canvas import DrawnText
from sonosift.phantom.screen.screen_content import ScreenContent
from sonosift.phantom.screen.screen_picture import tint_table
from sonosift.phantom.screen.screen_styles import ScreenStyle
from sonosift.phantom.screen.shot_picture import ShownShot


class ExamExport:
    """Writes one exam.

    Args:
        root: The folder that holds ``archive`` and ``truth``.
        header: Of the exam.
        exam_number: Counts the exams of the patient.
        style: The machine's screen.
        scanner: True name of the machine.
        description_state: ``right``, ``wrong``, or ``missing``.
        planted: Collects identity.
        rng: For the habits.
    """

    def __init__(
        self,
        root: Path,
        header: ExamHeader,
        exam_number: int,
        style: ScreenStyle,
        scanner: str,
        description_state: str,
        planted: Planted,
        rng: np.random.Generator,
    ) -> None:
        self._root, self.header, self.style, self.scanner = root, header, style, scanner
        self._description_state = description_state
        self.planted, self._rng = planted, rng
        self._folder = exam_folder(header, exam_number, planted)
        self._count = 0
        self._regions = bool(rng.random() < header.habits.regions)
        self.written = Written()

    @property
    def next_instance(self) -> int:
        """Number of the next file."""
        return self._count + 1

    def scan(
        self,
        acquisitions: list[Acquisition],
        shown: ShownShot,
        content: ScreenContent,
        coding: Coding | None,
        suffix: str,
    ) -> Exported:
        """Write a shot as ``suffix`` (``.dcm``, ``.mp4``, ``.png``); ``coding`` is for DICOM."""
        instance = self._take_number()
        file = f"{self._folder}/{file_name(self.header, instance, suffix, self.planted)}"
        clip = len(shown.frames) > 1
        rate = content.frame_rate_hz if clip else None
        kind = acquisitions[0].geometry.kind
        transducer = draw_transducer_values(content.probe, kind, self._rng) if suffix == ".dcm" else None
        regions = self._calibration(acquisitions, shown) if self._regions else []
        self._put(file, shown.frames, suffix, coding, rate, instance, content.when, transducer, regions, content)
        key = f"{self.header.exam}-C{instance:03d}"
        rows = frame_rows(self.style, acquisitions, shown, common=self._common(file, key))
        masks = mask_arrays(self.style, acquisitions, shown)
        write_arrays(self._truth_path("masks", file), masks)
        self._write_clean(file, shown.bare, coding)
        self.written.frames += rows
        self._note(file, "ok", None, suffix, coding, len(shown.frames), rate, transducer)
        return Exported(file, key, shown.frames, rows, rate, masks, shown.bare)

    def page(self, picture: npt.NDArray[np.uint8], texts: list[DrawnText], kind: str, when: datetime) -> None:
        """Write a report page or a test image, as secondary capture or PNG."""
        instance = self._take_number()
        suffix = ".dcm" if self._rng.random() < 0.6 else ".png"
        coding: Coding | None = ("explicit-little-endian", "RGB") if suffix == ".dcm" else None
        file = f"{self._folder}/{file_name(self.header, instance, suffix, self.planted)}"
        self._put(file, picture[None], suffix, coding, None, instance, when, None, [], None)
        row = page_row(self.style, texts, kind, common=self._common(file, f"{self.header.exam}-C{instance:03d}"))
        self.written.frames.append(row)
        self._note(file, "ok", None, suffix, coding, 1, None, None)

    def again(self, first: Exported) -> None:
        """Export the frames of a file once more, in another form."""
        instance = self._take_number()
        clip = first.rate_hz is not None
        coding: Coding | None = None
        suffix = ".mp4" if clip else ".png"
        if (first.file.endswith(suffix)) or (clip and self._rng.random() < 0.4):
            suffix = ".dcm"
            coding = ("jpeg-baseline", "MONOCHROME2" if first.frames.ndim == 3 else "YBR_FULL_422")
        file = f"{self._folder}/{file_name(self.header, instance, suffix, self.planted)}"
        self._put(file, first.frames, suffix, coding, first.rate_hz, instance, self.header.when, None, [], None)
        key = f"{self.header.exam}-C{instance:03d}"
        for row in first.rows:
            index = row["index_in_clip"]
            self.written.frames.append({**row, "file": file, "clip": key, **_copy_of(first, index)})
        write_arrays(self._truth_path("masks", file), first.masks)
        self._write_clean(file, first.bare, coding)
        self._note(file, "ok", None, suffix, coding, len(first.frames), first.rate_hz, None)

    def grabbed(self, clip: Exported) -> None:
        """Write one frame of a clip as a PNG screenshot."""
        instance = self._take_number()
        index = int(self._rng.integers(len(clip.frames)))
        file = f"{self._folder}/{file_name(self.header, instance, '.png', self.planted)}"
        self._put(file, clip.frames[index : index + 1], ".png", None, None, instance, self.header.when, None, [], None)
        row = {**clip.rows[index], "file": file, "clip": f"{self.header.exam}-C{instance:03d}", "index_in_clip": 0}
        self.written.frames.append(row | _copy_of(clip, index))
        write_arrays(self._truth_path("masks", file), one_frame(clip.masks, index))
        self._write_clean(file, None if clip.bare is None else clip.bare[index : index + 1], None)
        self._note(file, "ok", None, ".png", None, 1, None, None)

    def damaged(self, source: Exported, damage: str) -> None:
        """Write a file that cannot be read, made from a good one."""
        instance = self._take_number()
        if source.rate_hz is not None and damage == "truncated":
            suffix = ".mp4"
            coding: Coding | None = None
            whole = mp4_bytes(source.frames, source.rate_hz)
        else:
            suffix = ".dcm"
            plain = source.frames[:1]
            uncompressed: Coding = ("explicit-little-endian", "MONOCHROME2" if plain.ndim == 3 else "RGB")
            coding = uncompressed
            whole = self._dicom(plain, uncompressed, None, instance, self.header.when, None, [], None)
        file = f"{self._folder}/{file_name(self.header, instance, suffix, self.planted)}"
        self._write(file, DAMAGES[damage](whole, self._rng))
        self._note(file, "corrupt", damage, suffix, coding, 0, None, None)

    def beside(self, *, text_report: bool) -> None:
        """Write something that is no image: a text report in DICOM, or the leaflet of the export program."""
        if text_report:
            instance = self._take_number()
            file = f"{self._folder}/{file_name(self.header, instance, '.dcm', self.planted)}"
            self._write(file, report_without_image(self.header, self.planted, self._rng))
            coding: Coding | None = ("explicit-little-endian", "MONOCHROME2")
            self._note(file, "not_an_image", "report without pixels", ".dcm", coding, 0, None, None)
        else:
            file = f"{self._folder}/README.TXT"
            self._write(file, leaflet())
            self._note(file, "not_an_image", "text file", ".txt", None, 0, None, None)

    def directory(self, *, hostile: bool) -> None:
        """Write the DICOMDIR of the exam; a hostile one points out of the archive."""
        names = [row["file"].rpartition("/")[2] for row in self.written.files if row["format"] == "dicom"]
        file = f"{self._folder}/DICOMDIR"
        self._write(file, media_directory(self.header, names, self.planted, hostile=hostile))
        self._note(file, "not_an_image", "media directory", ".dcm", ("explicit-little-endian", "RGB"), 0, None, None)

    def pack(self) -> None:
        """Put everything of the exam into one zip named after the patient."""
        number = self.planted.plant("id", self.header.patient.number)
        pack(self._root, self.written, self._folder, f"EXPORT/{number}_{self.header.exam[-2:]}.zip")

    def rename_one(self) -> None:
        """Give the first readable file a name that is not UTF-8."""
        file = next((row["file"] for row in self.written.files if row["state"] == "ok"), None)
        if file is not None:
            rename_in_latin_1(self._root, self.written, file)

    def _take_number(self) -> int:
        self._count += 1
        return self._count

    def _common(self, file: str, clip: str) -> dict[str, Any]:
        return {
            "file": file, "patient": self.header.patient.key, "exam": self.header.exam,
            "clip": clip, "scanner": self.scanner, "member": "", "exam_date": self.header.when.strftime("%Y-%m-%d"),
        }  # fmt: skip

    def _truth_path(self, kind: str, file: str) -> Path:
        return self._root / "truth" / kind / f"{file}.npz"

    def _write_clean(self, file: str, bare: npt.NDArray[np.uint8] | None, coding: Coding | None) -> None:
        if bare is not None:
            palette = tint_table(self.style) if coding is not None and coding[1] == "PALETTE COLOR" else None
            write_clean(self._truth_path("clean", file), bare, palette)

    def _calibration(self, acquisitions: list[Acquisition], shown: ShownShot) -> list[Region]:
        regions = []
        for scan, placement in zip(acquisitions, shown.placements, strict=True):
            x0, y0, x1, y1 = placement.box
            regions.append(Region((x0, y0, x1 - 1, y1 - 1), scan.mm_per_pixel / placement.scale))
        if shown.flow is not None:
            x0, y0, x1, y1 = shown.flow.bounds
            regions.append(Region((x0, y0, x1 - 1, y1 - 1), regions[0].mm_per_pixel, colour_flow=True))
        return regions

    def _put(
        self,
        file: str,
        frames: npt.NDArray[np.uint8],
        suffix: str,
        coding: Coding | None,
        rate_hz: float | None,
        instance: int,
        when: datetime,
        transducer: list[str] | None,
        regions: list[Region],
        content: ScreenContent | None,
    ) -> None:
        if suffix == ".mp4":
            data = mp4_bytes(frames, rate_hz or 8.0)
        elif suffix == ".png" or coding is None:
            data = png_bytes(frames[0])
        else:
            data = self._dicom(frames, coding, rate_hz, instance, when, transducer, regions, content)
        self._write(file, data)

    def _dicom(
        self,
        frames: npt.NDArray[np.uint8],
        coding: Coding,
        rate_hz: float | None,
        instance: int,
        when: datetime,
        transducer: list[str] | None,
        regions: list[Region],
        content: ScreenContent | None,
    ) -> bytes:
        made = Instance(
            number=instance,
            frames=frames,
            coding=coding,
            palette=tint_table(self.style) if coding[1] == "PALETTE COLOR" else None,
            rate_hz=rate_hz,
            seconds=(when - self.header.when) / timedelta(seconds=1),
            transducer=transducer,
            regions=regions,
            frequency_mhz=content.frequency_mhz if content is not None else 3.5,
            secondary=content is None,
        )
        return dicom_bytes(self.header, made, self.planted, self._rng)

    def _write(self, file: str, data: bytes) -> None:
        path = self._root / "archive" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _note(
        self,
        file: str,
        state: str,
        reason: str | None,
        suffix: str,
        coding: Coding | None,
        frames: int,
        rate_hz: float | None,
        transducer: list[str] | None,
    ) -> None:
        self.written.files.append(
            {
                "file": file,
                "member": "",
                "state": state,
                "reason": reason,
                "format": {".dcm": "dicom", ".mp4": "mp4", ".png": "png"}.get(suffix, "other"),
                "transfer_syntax": encoding_for(coding).uid if coding is not None else None,
                "photometric": stated_photometric(coding) if coding is not None else None,
                "patient": self.header.patient.key,
                "exam": self.header.exam,
                "exam_date": self.header.when.strftime("%Y-%m-%d"),
                "scanner": self.scanner,
                "frames": frames,
                "frame_rate_hz": rate_hz,
                "study_description": self.header.description if suffix == ".dcm" else None,
                "description_state": self._description_state,
                "transducer": "\\".join(transducer) if transducer else None,
            }
        )


def _copy_of(first: Exported, index: int) -> dict[str, Any]:
    return {"is_duplicate_of": first.file, "duplicate_of_member": "", "duplicate_of_index": index}
