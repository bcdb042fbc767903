"""Every file of an archive decoded by Sonosift's readers and by another program, pixel for pixel.

    python -m benchmarks.decoded_alike ARCHIVE

DICOM files are decoded by DCMTK (``dcmj2pnm`` and ``dcml2pnm``, Debian's package ``dcmtk``), except JPEG 2000, which
FFmpeg's own decoder reads; videos by OpenCV, animated GIFs by Pillow, stills by OpenCV. Frames are compared in grey,
all of them. JPEG and video may differ by rounding, and where colour was stored at half the resolution by how it is
interpolated; everything else must agree to a level of brightness. A file that one of the two cannot read is listed.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageSequence

from sonosift.archive.open_clip import open_clip
from sonosift.archive.sniff import Content, sniff
from sonosift.archive.unreadable import Unreadable

Image = NDArray[np.uint8]
EVERY_FRAME_HZ = 1e6
JPEG_2000 = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91))


def main() -> None:
    """Print a table by kind of file, and what could not be compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    archive = parser.parse_args().archive
    rows: dict[tuple[str, str], list[tuple[int, int, float]]] = defaultdict(list)
    apart: list[str] = []
    for path in sorted(file for file in archive.rglob("*") if file.is_file()):
        try:
            content = sniff(path)
            if content in (Content.DICOM, Content.VIDEO, Content.STILL):
                title, decoder, frames = other_frames(path, content)
                found = compared(path, frames)
                rows[title, decoder].append(found)
        except (Unreadable, OSError, ValueError, subprocess.CalledProcessError) as error:
            apart.append(f"{path.relative_to(archive)}: {reason_of(error)}")
    print(f"{'kind':<58} {'decoder':<8} {'files':>5} {'frames':>6} {'largest difference':>19} {'mean':>6}")
    for (title, decoder), kind in sorted(rows.items()):
        count, largest = sum(frames for frames, _, _ in kind), max(worst for _, worst, _ in kind)
        mean = sum(frames * mean for frames, _, mean in kind) / count
        print(f"{title:<58} {decoder:<8} {len(kind):>5} {count:>6} {largest:>19} {mean:>6.3f}")
    for line in apart:
        print(f"not compared: {line}")


def reason_of(error: Exception) -> str:
    """Return what a program complained of first, or what an exception says."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"DCMTK: {error.stderr.decode(errors='replace').splitlines()[0]}"
    return f"{type(error).__name__} {error}"


def compared(path: Path, others: Iterator[Image]) -> tuple[int, int, float]:
    """Return the number of frames, the largest difference of a pixel, and the mean one."""
    largest, total, count = 0, 0.0, 0
    for frame, other in zip(open_clip(path).frames(EVERY_FRAME_HZ), others, strict=True):
        difference = cv2.absdiff(frame.grey, other)
        largest, total, count = max(largest, int(difference.max())), total + float(difference.mean()), count + 1
    return count, largest, total / count


def other_frames(path: Path, content: Content) -> tuple[str, str, Iterator[Image]]:
    """Return what kind of file it is, who decodes it, and its frames."""
    if content is Content.STILL:
        return f"still {_format_of(path)}", "OpenCV", iter([cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)])
    if content is Content.VIDEO:
        if path.read_bytes()[:3] == b"GIF":
            with Pillow.open(path) as pictures:
                return "video GIF", "Pillow", iter([grey(np.asarray(p.convert("RGB"))) for p in _frames(pictures)])
        return f"video {path.suffix.lower()}", "OpenCV", _video(path)
    from pydicom import dcmread

    header = dcmread(path, stop_before_pixels=True)
    syntax = header.file_meta.TransferSyntaxUID
    title = (
        f"{syntax.name.partition(' (Process')[0][:36]}, {header.PhotometricInterpretation}, {header.BitsAllocated} bits"
    )
    if syntax in JPEG_2000:
        return title, "FFmpeg", _jpeg_2000(path)
    return title, "DCMTK", _dcmtk(path, syntax, int(header.get("NumberOfFrames") or 1))


def _format_of(path: Path) -> str:
    with Pillow.open(path) as picture:
        return str(picture.format)


def _frames(pictures: Pillow.Image) -> Iterator[Pillow.Image]:
    return iter(ImageSequence.Iterator(pictures))


def grey(rgb: Image) -> Image:
    """Return the luminance; three equal channels are their value."""
    if (rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 1] == rgb[..., 2]).all():
        return np.ascontiguousarray(rgb[..., 0])
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _video(path: Path) -> Iterator[Image]:
    capture = cv2.VideoCapture(str(path))
    while (answer := capture.read())[0]:
        yield grey(answer[1][..., ::-1])


def _jpeg_2000(path: Path) -> Iterator[Image]:
    import av
    from pydicom import dcmread
    from pydicom.encaps import generate_frames

    dataset = dcmread(path)
    for item in generate_frames(dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames") or 1)):
        decoder = av.CodecContext.create("jpeg2000", "r")
        (picture,) = [*decoder.decode(av.Packet(item)), *decoder.decode(None)]
        yield grey(picture.to_ndarray(format="rgb24"))


def _dcmtk(path: Path, syntax: str, count: int) -> Iterator[Image]:
    with tempfile.TemporaryDirectory() as folder:
        program = "dcml2pnm" if "1.2.840.10008.1.2.4.8" in syntax else "dcmj2pnm"
        command = [program, "--all-frames", "--no-overlays", "--write-png", str(path), f"{folder}/f"]
        subprocess.run(command, check=True, capture_output=True)
        for index in range(count):
            yield grey(cv2.imread(f"{folder}/f.{index}.png", cv2.IMREAD_COLOR)[..., ::-1])


if __name__ == "__main__":
    main()
