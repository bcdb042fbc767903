"""The files of an archive, decoded by other people's libraries: what Sonosift's readers are compared with."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_LOSSLESS_JPEG, _EXTENDED_JPEG = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"), "1.2.840.10008.1.2.4.51"
_VIDEO = "1.2.840.10008.1.2.4.10"


class Archive:
    """A folder of files, found by the names that tables can hold.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._paths: dict[str, Path] = {}
        for path in root.rglob("*"):
            if path.is_file():
                name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
                self._paths[name] = path

    def places(self) -> list[tuple[str, str]]:
        """Return every file and every member of a zip, as (file, member)."""
        places = []
        for file, path in sorted(self._paths.items()):
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    places += [(file, member) for member in sorted(packed.namelist())]
            else:
                places.append((file, ""))
        return places

    def bytes_of(self, file: str, member: str = "") -> bytes:
        """Return a file, or a member of a zip."""
        if not member:
            return self._paths[file].read_bytes()
        with zipfile.ZipFile(self._paths[file]) as packed:
            return packed.read(member)

    def colours(self, file: str, member: str = "") -> Iterator[Image]:
        """Yield every frame, grey ``[H, W]`` or RGB ``[H, W, 3]``."""
        data = self.bytes_of(file, member)
        if data[128:132] == b"DICM":
            yield from dicom_frames(data)
        elif data[4:8] == b"ftyp":
            yield from video_frames(data)
        else:
            from PIL import Image as Pictures

            yield np.asarray(Pictures.open(io.BytesIO(data)))

    def greys(self, file: str, member: str = "") -> list[Image]:
        """Return every frame in grey."""
        return [grey_of(frame) for frame in self.colours(file, member)]


def grey_of(frame: Image) -> Image:
    """Return the luminance; where all channels agree it is their value."""
    if frame.ndim == 2:
        return frame
    frame = np.ascontiguousarray(frame[..., :3])
    if (frame[..., 0] == frame[..., 1]).all() and (frame[..., 1] == frame[..., 2]).all():
        return frame[..., 0]
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def video_frames(data: bytes) -> Iterator[Image]:
    """Decode a video with PyAV."""
    import av

    with av.open(io.BytesIO(data)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def dicom_frames(data: bytes) -> Iterator[Image]:
    """Decode a DICOM file with pydicom, and with imagecodecs what pydicom has no free decoder for."""
    import imagecodecs
    from pydicom import dcmread
    from pydicom.encaps import generate_frames
    from pydicom.pixels import apply_color_lut

    dataset = dcmread(io.BytesIO(data))
    count = int(dataset.get("NumberOfFrames") or 1)
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if syntax.startswith(_VIDEO):
        yield from video_frames(next(generate_frames(dataset.PixelData, number_of_frames=1)))
        return
    if syntax in _LOSSLESS_JPEG:
        frames = [
            imagecodecs.jpegsof3_decode(item) for item in generate_frames(dataset.PixelData, number_of_frames=count)
        ]
    elif syntax == _EXTENDED_JPEG:
        frames = [imagecodecs.jpeg8_decode(item) for item in generate_frames(dataset.PixelData, number_of_frames=count)]
    else:
        pixels = dataset.pixel_array
        frames = list(pixels) if count > 1 else [pixels]
    palette = dataset.PhotometricInterpretation == "PALETTE COLOR"
    for frame in frames:
        yield (apply_color_lut(frame, dataset) // 257).astype(np.uint8) if palette else np.asarray(frame)
