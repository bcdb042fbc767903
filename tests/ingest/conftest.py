"""A small archive of every kind of file, with speckle on a screen that has a name on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

HEIGHT, WIDTH = 120, 160
NAME = "MILLER^ANNA"


def fan_frames(count: int, seed: int) -> np.ndarray:
    """Speckle in a sector, a name in the corner."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    inside = (np.hypot(x - 80, y + 4) > 20) & (np.hypot(x - 80, y + 4) < 116) & (abs(np.arctan2(x - 80, y + 4)) < 0.6)
    frames = np.where(inside, np.clip(rng.rayleigh(60, (count, HEIGHT, WIDTH)), 15, 255), 0).astype(np.uint8)
    for frame in frames:
        cv2.putText(frame, "A. MILLER", (2, 10), cv2.FONT_HERSHEY_PLAIN, 0.7, 255, 1)
    return frames


def write_dicom(path: Path, frames: np.ndarray, patient: str, exam: str, **values: object) -> Path:
    """Write an uncompressed ultrasound clip."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[path.name, patient, exam])
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.Modality, dataset.PatientName, dataset.PatientID, dataset.StudyInstanceUID = "US", NAME, patient, exam
    dataset.StudyDescription, dataset.TransducerData = "US BIOPSY LIVER FOCAL", ["C5-1", "UNUSED"]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.FrameTime = "125"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = frames.tobytes()
    dataset["PixelData"].VR = "OB"
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_png(path: Path, seed: int) -> Path:
    """Write a screenshot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(fan_frames(1, seed)[0]).save(path, "PNG")
    return path


def write_mp4(path: Path, seed: int) -> Path:
    """Write a clip of nine frames at 8 a second."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = 4_000_000
        for frame in fan_frames(9, seed):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray8").reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def fill_archive(archive: Path) -> Path:
    """Three patients, five broken files, three that are no images, one copy, one report page, one empty screen."""
    for patient, exam, folder in (("P1", "1.1", "one/a"), ("P1", "1.2", "one/b"), ("P2", "2.1", "two")):
        for number in range(3):
            seed = hash_free_seed(patient, exam, number)
            write_dicom(archive / folder / f"IM{number}", fan_frames(1 + 8 * (number == 2), seed), patient, exam)
    write_png(archive / "one/a/screen.dat", 101)
    write_mp4(archive / "two/export", 102)
    write_png(archive / "three/only.png", 103)
    (archive / "copy.dcm").write_bytes((archive / "two/IM0").read_bytes())
    whole = (archive / "two/IM2").read_bytes()
    for name, content in {
        "broken/cut.dcm": whole[: len(whole) // 2],
        "broken/empty.dcm": b"",
        "broken/noise.dcm": np.random.default_rng(0).bytes(3000),
        "broken/cut.png": (archive / "three/only.png").read_bytes()[:900],
        "broken/cut.mp4": (archive / "two/export").read_bytes()[:700],
        "notes.txt": b"call the ward",
        "table.csv": b"a,b\n1,2\n",
        "DICOMDIR": bytes(128) + b"DICM" + b"\2\0\2\0UI\x14\x001.2.840.10008.1.3.10\0",
    }.items():
        (archive / name).parent.mkdir(parents=True, exist_ok=True)
        (archive / name).write_bytes(content)
    Image.fromarray(report_page()).save(archive / "two/report.png")
    Image.fromarray(empty_screen()).save(archive / "two/empty.png")
    return archive


def report_page() -> np.ndarray:
    """Draw a page of text that is no ultrasound picture."""
    page = np.full((200, 300), 255, np.uint8)
    for line in range(9):
        cv2.putText(page, "liver: normal, 14 cm", (10, 20 + 20 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 1)
    return page


def empty_screen() -> np.ndarray:
    """Draw a screen of one grey: neither a scan nor a page, so that a person has to say."""
    return np.full((200, 300), 90, np.uint8)


def hash_free_seed(*parts: object) -> int:
    """Make a seed that is the same in every process."""
    return int.from_bytes(repr(parts).encode()[-6:], "big")


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a filled archive, not to be changed."""
    return fill_archive(tmp_path_factory.mktemp("hospital") / "archive")


@pytest.fixture
def own_archive(archive: Path, tmp_path: Path) -> Path:
    """Return a copy of the filled archive, to be changed."""
    return Path(shutil.copytree(archive, tmp_path / "archive"))


@pytest.fixture(autouse=True)
def _quiet() -> None:
    from sonosift.machine import progress

    progress.set_quiet(True)


@pytest.fixture
def file_bytes() -> Callable[[Path], dict[str, bytes]]:
    """Return a function that reads all files of a folder."""
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
