"""How much memory a decoding child needs for a long clip at full frame rate.

Run::

    python benchmarks/ingest_memory.py

A cine of 1,200 frames of 800 x 600 pixels in colour (1.7 GB) is made in a temporary folder and ingested with every
frame kept, by one child. What is printed is the most memory that this child ever had resident, libraries included, as
the kernel counts it.
"""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from sonosift.ingest.clip_job import DecodeJob, WorkerSettings
from sonosift.ingest.worker_pool import WorkerPool

FRAMES, HEIGHT, WIDTH = 1200, 600, 800
RATE_HZ = 30.0
ULTRASOUND_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"


def main() -> None:
    """Print the peak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--folder", type=Path, help="where there is room for the clip; the system's by default")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        for part in ("spool", "held"):
            (folder / part).mkdir()
        clip = write_cine(folder / "clip.dcm", given.frames)
        started = time.monotonic()
        frames, peak = decoded(clip, folder)
        seconds = time.monotonic() - started
    print(f"{given.frames:,} frames of {WIDTH} x {HEIGHT} in colour; {frames:,} reached the cohort's spool")
    print(f"peak resident memory of the child: {peak / 1e6:,.0f} MB, {seconds:.0f} seconds")


def write_cine(path: Path, frames: int) -> Path:
    """Write an uncompressed DICOM clip, one frame in memory at a time."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(ULTRASOUND_MULTI_FRAME)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.Modality, dataset.PatientID, dataset.StudyInstanceUID = "US", "1", generate_uid()
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames, HEIGHT, WIDTH
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.FrameTime = f"{1000 / RATE_HZ:.4f}"
    dataset.save_as(path, enforce_file_format=True)
    with path.open("ab") as handle:
        # Pixel Data with its long length, behind all other elements.
        handle.write(b"\xe0\x7f\x10\x00OB\0\0" + (frames * HEIGHT * WIDTH * 3).to_bytes(4, "little"))
        for picture in pictures(frames):
            handle.write(picture.tobytes())
    return path


def pictures(frames: int) -> Iterator[NDArray[np.uint8]]:
    """Yield tissue that moves, in a sector, with a name beside it and a flow box in colour."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    radius, angle = np.hypot(columns - WIDTH / 2, rows + 10), np.arctan2(columns - WIDTH / 2, rows + 10)
    inside = (radius > 80) & (radius < 560) & (abs(angle) < 0.6)
    noise = np.random.default_rng(0).rayleigh(60, (HEIGHT, WIDTH + 64)).astype(np.float32)
    tissue = np.clip(cv2.GaussianBlur(noise, (0, 0), 1.5), 15, 255).astype(np.uint8)
    for index in range(frames):
        shift = index % 64
        grey = np.where(inside, tissue[:, shift : shift + WIDTH], 0).astype(np.uint8)
        picture = np.repeat(grey[..., None], 3, axis=2)
        picture[250:330, 380:460, 0] = 200
        cv2.putText(picture, "A. MILLER", (8, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
        yield picture


def decoded(clip: Path, folder: Path) -> tuple[int, int]:
    """Decode the clip in a child of the kind that ingest starts; return its frames and its peak in bytes."""
    settings = WorkerSettings(
        key_hex=secrets.token_hex(32),
        frame_shape=(256, 256),
        clip_rate_hz=1000.0,
        study_table="paper",
        spool=str(folder / "spool"),
        held=str(folder / "held"),
        label_dictionary="abdomen",
    )
    found = clip.stat()
    instance, name, exam, patient = (secrets.token_hex(16) for _ in range(4))
    job = DecodeJob(
        str(clip), "", "0" * 64, found.st_mtime_ns, found.st_size, found.st_size, instance, name, exam, patient
    )
    with WorkerPool(settings, workers=1) as pool:
        _, answer = next(pool.run([job]))
        # The child still waits for its next clip.
        (child,) = psutil.Process(os.getpid()).children()
        status = Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
    if answer["reason"] or answer["held_reason"]:
        raise SystemExit(f"the clip was not taken in: {answer['reason'] or answer['held_reason']}")
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return len(answer["rows"]), kilobytes * 1024


if __name__ == "__main__":
    main()
