"""Small valid files of every kind with bytes flipped, cut and inserted: a reader answers with frames or a reason.

It runs for 40 seconds; ``SONOSIFT_FUZZ_SECONDS`` gives it longer. What it does not bear goes to a file in the
temporary folder, whose path the failure names.
"""

import contextlib
import io
import os
import random
import time
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Unreadable
from sonosift.archive.zip_members import list_members, member_file
from tests.peak_memory import forget_peak, peak_bytes

SECONDS = float(os.environ.get("SONOSIFT_FUZZ_SECONDS", "40"))
SECONDS_FOR_ONE_FILE = 20.0
MOST_BYTES = 1_000_000_000
SYNTAXES = [
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5",
    *(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 80, 81, 90, 91, 201)),
]  # fmt: skip
VIDEOS = [
    ("mp4", "mpeg4", "yuv420p"), ("mp4", "libx264", "yuv420p"), ("avi", "mjpeg", "yuvj420p"),
    ("avi", "rawvideo", "bgr24"), ("matroska", "mpeg4", "yuv420p"), ("webm", "libvpx", "yuv420p"),
    ("gif", "gif", "gray"), ("mpeg", "mpeg2video", "yuv420p"), ("mpegts", "mpeg2video", "yuv420p"),
    ("asf", "wmv2", "yuv420p"), ("mov", "mjpeg", "yuvj420p"),
]  # fmt: skip


def video(container_format, codec, pixel_format, pictures):
    target = io.BytesIO()
    with av.open(target, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=Fraction(10))
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:3], pixel_format
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return target.getvalue()


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    from pydicom import Dataset, Sequence

    make_dicom = _make_dicom()
    path = tmp_path_factory.mktemp("seeds") / "seed"
    grey = np.add.outer(np.arange(32), 3 * np.arange(32)).astype(np.uint8)
    frames = np.stack([grey, 255 - grey, grey.T])
    colour = np.stack([np.dstack([grey, grey.T, 255 - grey])] * 3)
    region = Dataset()
    region.RegionSpatialFormat = region.RegionDataType = 1
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1 = region.RegionLocationMaxY1 = 31
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.01
    facts = {
        "PatientID": "7", "PatientName": "Doe^Jane", "StudyDate": "20240229", "FrameTime": "40",
        "SequenceOfUltrasoundRegions": Sequence([region]), "TransducerData": ["C5-1", "X"],
    }  # fmt: skip
    found = [make_dicom(path, frames, syntax, **facts).read_bytes() for syntax in SYNTAXES]
    found.append(make_dicom(path, colour, SYNTAXES[1], "RGB", **facts).read_bytes())
    table = bytes(range(256)) * 2
    palette = {
        f"{channel}PaletteColorLookupTable{part}": value
        for channel in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, 0, 16]), ("Data", table))
    }
    found.append(make_dicom(path, frames, SYNTAXES[1], "PALETTE COLOR", **palette).read_bytes())
    for kind in ("PNG", "JPEG", "BMP", "TIFF", "WEBP"):
        buffer = io.BytesIO()
        Image.fromarray(colour[0]).save(buffer, kind)
        found.append(buffer.getvalue())
    pages = io.BytesIO()
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(pages, "TIFF", save_all=True, append_images=others, compression="tiff_lzw")
    found += [pages.getvalue(), cv2.imencode(".png", frames[0].astype(np.uint16) * 257)[1].tobytes()]
    found.append(make_dicom(path, colour, SYNTAXES[1], "HSV", **facts).read_bytes())
    photograph = io.BytesIO()
    Image.fromarray(colour[0]).save(
        photograph, "MPO", save_all=True, append_images=[Image.fromarray(colour[0][::2, ::2])]
    )
    found.append(photograph.getvalue())
    moving = [video(*kind, colour) for kind in VIDEOS]
    stream = moving[1] + b"\0" * (len(moving[1]) % 2)
    found.append(make_dicom(path, colour, "1.2.840.10008.1.2.4.102", "YBR_PARTIAL_420", items=[stream]).read_bytes())
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a/IM1", found[1])
        packed.writestr("b.png", found[17])
    return [*found, *moving, whole.getvalue()]


def _make_dicom():
    """Load the writer of ``conftest.py``, which pytest does not make importable."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("archive_conftest", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_dicom


def read_everything(path):
    """Read what a decoding child would; any exception but ``Unreadable`` is a fault of ours."""
    with contextlib.suppress(Unreadable):
        if path.read_bytes()[:2] == b"PK":
            for member in list_members(path):
                with contextlib.suppress(Unreadable), member_file(path, member, path.parent) as file:
                    read_clip(file)
        else:
            read_clip(path)


def read_clip(path):
    clip = open_clip(path)
    for number, frame in enumerate(clip.frames(3.0)):
        assert frame.grey.dtype == np.uint8
        assert frame.grey.ndim == 2
        assert frame.rgb is None or frame.rgb.shape == (*frame.grey.shape, 3)
        if number == 50:
            break


def mutated(content, draw):
    """Flip, overwrite, insert, repeat or cut bytes, mostly near the beginning, where the headers are."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        if not changed:
            break
        end = len(changed) if draw.random() < 0.5 else min(len(changed), 600)
        place = draw.randrange(end)
        length = draw.choice([1, 1, 2, 4, 8, 40])
        kind = draw.randrange(7)
        if kind == 0:
            changed[place] ^= 1 << draw.randrange(8)
        elif kind == 1:
            changed[place : place + length] = draw.randbytes(length)
        elif kind == 2:
            changed[place : place + length] = draw.choice([b"\xff", b"\x7f", b"\0"]) * length
        elif kind == 3:
            changed[place:place] = draw.randbytes(length)
        elif kind == 4:
            other = draw.randrange(len(changed))
            changed[place:place] = changed[other : other + length]
        elif kind == 5:
            del changed[place : place + length]
        else:
            del changed[place + (len(changed) - place) // 2 :]
    return bytes(changed)


def test_nothing_but_reasons_leaves_the_readers(seeds, tmp_path):
    for number, content in enumerate(seeds):
        (tmp_path / "seed").write_bytes(content)
        if content[:2] != b"PK":
            assert len(list(open_clip(tmp_path / "seed").frames(1e6))) >= 1, f"seed {number} is not valid itself"
    before = forget_peak()
    stop = time.monotonic() + SECONDS
    tried = 0

    @settings(
        max_examples=1_000_000,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, len(seeds) - 1), st.integers(0, 2**63))
    def one(number, entropy):
        nonlocal tried
        if time.monotonic() > stop:
            raise TimeoutError
        path = tmp_path / "file.bin"
        path.write_bytes(mutated(seeds[number], random.Random(entropy)))
        began = time.monotonic()
        try:
            read_everything(path)
        except BaseException:
            path.rename(tmp_path / "not_borne.bin")
            raise
        assert time.monotonic() - began < SECONDS_FOR_ONE_FILE, f"seed {number} with {entropy} takes too long"
        tried += 1

    with contextlib.suppress(TimeoutError):
        one()
    peak = peak_bytes() - before
    print(f"{tried} files in {SECONDS:.0f} s, peak {peak / 1e6:.0f} MB")
    assert tried > 20 * min(SECONDS, 40) / 4
    assert peak < MOST_BYTES
