"""De-identified DICOM files, one per clip: all frames, in colour, without loss, for those who need files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Protocol

import cv2
import numpy as np

from sonosift.archive.clip import ClipHeader, Frame, Image
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.dicom.codecs import encode_frame
from sonosift.dicom.encapsulated_file import write_encapsulated
from sonosift.dicom.encodings import encoding_named
from sonosift.ingest.dicom_export_header import ClipNames, Pixels, export_dataset
from sonosift.machine import atomic
from sonosift.privacy.fan import Fan
from sonosift.privacy.pseudonyms import Pseudonyms

# Lossless, small, and in pydicom's, DCMTK's and most viewers' hands.
_ENCODING = encoding_named("jpeg-ls")


class Overlay(Protocol):
    """What was found to lie over a clip's pictures (``privacy.clip_cleaner.Overlay``)."""

    def clean(self, position: int, crop: Image) -> Image:
        """Return the fan's box of the frame studied at ``position`` without text and graphics."""


@dataclass
class _Spool:
    """Compressed frames in a file without a name, and what was noted of each."""

    file: IO[bytes]
    lengths: list[int] = field(default_factory=list)
    in_colour: list[bool] = field(default_factory=list)

    def append(self, picture: Image) -> None:
        colour = picture.ndim == 3
        item = encode_frame(picture, _ENCODING, "RGB" if colour else "MONOCHROME2")
        self.file.write(item)
        self.lengths.append(len(item))
        self.in_colour.append(colour)

    def items(self) -> Iterator[bytes]:
        self.file.seek(0)
        for length in self.lengths:
            yield self.file.read(length)

    def all_in_colour(self, file: IO[bytes]) -> _Spool:
        """Copy to ``file``, with grey frames as colour: one file of DICOM has one colour model."""
        copy = _Spool(file)
        for item, colour in zip(self.items(), self.in_colour, strict=True):
            copy.append(_decoded(item) if colour else np.repeat(_decoded(item)[..., None], 3, axis=2))
        return copy


@dataclass(frozen=True)
class DicomExport:
    """Writes ``FOLDER/patient/exam/clip.dcm``; the same clip always becomes the same bytes.

    Attributes:
        folder: Where the files go.
        pseudonyms: For new identifiers and shifted dates.
        study_table: Table of study descriptions.
    """

    folder: Path
    pseudonyms: Pseudonyms
    study_table: str = "paper"

    def path_of(self, names: ClipNames) -> Path:
        """Return where the file of a clip lies."""
        return self.folder / names.patient / names.exam / f"{names.clip}.dcm"

    def write(
        self,
        header: ClipHeader,
        names: ClipNames,
        frames: Iterator[Frame],
        fan: Fan,
        overlay: Overlay | None,
    ) -> Path:
        """Write one clip; whole or not at all, with one frame in memory at a time.

        Args:
            header: Of the source.
            names: The clip's pseudonyms.
            frames: All frames of the clip.
            fan: What lies outside becomes black.
            overlay: What to paint over inside, studied on the same frames; None if nobody looked, and the file then
                claims nothing.

        Raises:
            Unreadable: if the frames cannot be decoded, differ in size, or if there are none.
        """
        path = self.path_of(names)
        path.parent.mkdir(parents=True, exist_ok=True)
        clean = _Cleaner(fan, overlay)
        with TemporaryFile(dir=path.parent) as file, TemporaryFile(dir=path.parent) as second:
            spool, times = _Spool(file), []
            for position, frame in enumerate(frames):
                spool.append(clean.frame(frame, position))
                times.append(frame.time_s)
            if not times:
                raise Unreadable(Reason.NO_PIXELS)
            colour = any(spool.in_colour)
            if colour and not all(spool.in_colour):
                spool = spool.all_in_colour(second)
            pixels = Pixels(fan.mask.shape[0], fan.mask.shape[1], colour, tuple(times))
            dataset = export_dataset(
                header, names, pixels, self.pseudonyms, cleaned=overlay is not None, study_table=self.study_table
            )
            with atomic.replacing(path) as temporary:
                write_encapsulated(temporary, dataset, _ENCODING, spool.lengths, spool.items())
        return path

    def remove(self, names: ClipNames) -> None:
        """Take back the file of a clip, and the folders that it leaves empty."""
        path = self.path_of(names)
        path.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def remove_leftovers(self) -> None:
        """Delete what a killed process left half written; no other process may be writing."""
        for exam in self.folder.glob("*/*"):
            atomic.remove_leftovers(exam)


class _Cleaner:
    """Blanks and cleans whole frames."""

    def __init__(self, fan: Fan, overlay: Overlay | None) -> None:
        x0, y0, x1, y1 = fan.box
        self._shape, self._rows, self._columns = fan.mask.shape, slice(y0, y1), slice(x0, x1)
        self._mask = fan.mask[y0:y1, x0:x1].astype(np.uint8)
        self._overlay = overlay

    def frame(self, frame: Frame, position: int) -> Image:
        """Return a frame of the source's size that holds the cleaned fan and nothing else."""
        picture = frame.grey if frame.rgb is None else frame.rgb
        if picture.shape[:2] != self._shape:
            raise Unreadable(Reason.BROKEN_PIXELS)
        crop = self._fan_only(picture[self._rows, self._columns])
        if self._overlay is not None:
            crop = self._overlay.clean(position, crop)
        whole = np.zeros_like(picture)
        whole[self._rows, self._columns] = self._fan_only(crop)
        return whole

    def _fan_only(self, crop: Image) -> Image:
        crop = np.ascontiguousarray(crop)
        return np.asarray(cv2.bitwise_and(crop, crop, mask=self._mask), dtype=np.uint8)


def _decoded(item: bytes) -> Image:
    import imagecodecs

    return np.asarray(imagecodecs.jpegls_decode(item), dtype=np.uint8)
