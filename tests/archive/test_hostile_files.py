"""Files that are broken or made to harm, given to a real decoding child: each gets a reason, and the child lives on."""

import io
import os
import socket
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from fractions import Fraction
from pathlib import Path

import av
import imagecodecs
import numpy as np
import psutil
import pytest
from PIL import Image, PngImagePlugin
from pydicom import Dataset, Sequence

from sonosift.archive.unreadable import Reason
from sonosift.ingest.clip_job import DecodeJob, LookJob, WorkerSettings
from sonosift.ingest.worker_pool import WorkerPool

NOISE = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
SECONDS = 30.0
DEFLATED, BASELINE, J2K = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    spool = str(tmp_path_factory.mktemp("spool"))
    settings = WorkerSettings(bytes(32).hex(), (32, 32), 3.0, "paper", spool, spool)
    with WorkerPool(settings, workers=1, base_seconds=SECONDS) as running:
        yield running
        assert [file.name for file in Path(spool).iterdir() if file.name.startswith("member-")] == []


@pytest.fixture
def fate(pool):
    """Return a function that tells what a child says of a file, first look and decoding, and that it survived."""

    def of(path, member=""):
        child = pool._children[0].process.pid
        on_disk = os.lstat(path)
        decode = DecodeJob(
            str(path), member, "0", on_disk.st_mtime_ns, on_disk.st_size, on_disk.st_size, "i", "c", "e", "p"
        )
        answers = [answer for _, answer in pool.run([LookJob(str(path), member), decode])]
        assert pool._children[0].process.pid == child, "the child died"
        assert psutil.Process(child).memory_info().rss < 1_000_000_000
        reasons = [Reason(answer["reason"]) for answer in answers if answer["reason"]]
        return reasons[0] if reasons else None

    return of


def test_empty_and_random_files(tmp_path, fate):
    (tmp_path / "empty.dcm").write_bytes(b"")
    (tmp_path / "random.dcm").write_bytes(np.random.default_rng(1).bytes(10_000))
    (tmp_path / "random").write_bytes(bytes(128) + b"DICM" + np.random.default_rng(2).bytes(10_000))
    (tmp_path / "random.mp4").write_bytes(b"\0\0\0\x20ftypisom" + np.random.default_rng(3).bytes(10_000))
    (tmp_path / "random.png").write_bytes(b"\x89PNG\r\n\x1a\n" + np.random.default_rng(4).bytes(10_000))
    assert fate(tmp_path / "empty.dcm") is Reason.EMPTY
    assert fate(tmp_path / "random.dcm") is Reason.UNRECOGNISED
    assert fate(tmp_path / "random") in (Reason.BROKEN_HEADER, Reason.NO_PIXELS, Reason.TRUNCATED)
    assert fate(tmp_path / "random.mp4") in (Reason.BROKEN_HEADER, Reason.NO_PIXELS)
    assert fate(tmp_path / "random.png") is Reason.BROKEN_HEADER


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", DEFLATED, J2K, BASELINE])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.99])
def test_truncated_dicom(written, fate, syntax, kept):
    path = written(NOISE, syntax, FrameTime="1000")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert fate(path) in (
        Reason.TRUNCATED, Reason.NO_PIXELS, Reason.BROKEN_HEADER, Reason.BROKEN_PIXELS, Reason.UNRECOGNISED,
    )  # fmt: skip


def deflated_bomb(written, element):
    """A file whose deflated part is ``element`` with a value of 100 MB of zeros."""
    path = written(NOISE[:1], DEFLATED)
    content = path.read_bytes()
    length_at = content.index(b"\x02\0\0\0UL\4\0") + 8
    (length,) = struct.unpack_from("<I", content, length_at)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(element + struct.pack("<I", 100 << 20))
    for _ in range(100):
        packed += packer.compress(bytes(1 << 20))
    path.write_bytes(content[: length_at + 4 + length] + packed + packer.flush())
    assert path.stat().st_size < 1_000_000
    return path


# A private element to be passed over, a wanted text, and a wanted sequence.
BOMBS = [b"\x09\0\1\x10OB\0\0", b"\x10\0\x10\0UN\0\0", b"\x18\0\x11\x60SQ\0\0"]


@pytest.mark.parametrize("element", BOMBS)
def test_a_deflate_bomb_costs_little_memory(written, element):
    path = deflated_bomb(written, element)
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom sonosift.archive.open_clip import open_clip\n"
        "from sonosift.archive.unreadable import Unreadable\nimport sonosift.archive.dicom_reader\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    open_clip(Path(sys.argv[1]))\nexcept Unreadable as error:\n    print(error.reason)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    reason, grown = done.stdout.split()
    assert Reason(reason) in (Reason.DEFLATE_BOMB, Reason.BROKEN_HEADER)
    assert int(grown) * (1 if sys.platform == "darwin" else 1024) < 100_000_000


def test_a_deflate_bomb_has_its_reason(written, fate):
    assert fate(deflated_bomb(written, BOMBS[0])) is Reason.DEFLATE_BOMB


def nested(depth, tag, ends):
    start = tag + b"SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    return start * depth + (b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" * depth if ends else b"")


@pytest.mark.parametrize("tag", [b"\x18\0\x11\x60", b"\x11\0\1\x10"])
@pytest.mark.parametrize("ends", [True, False])
def test_five_thousand_nested_sequences(written, fate, tag, ends):
    path = written(NOISE[:1])
    content = path.read_bytes()
    place = content.index(b"\x28\0\2\0US")  # before the image's own elements
    path.write_bytes(content[:place] + nested(5000, tag, ends) + content[place:])
    assert fate(path) is Reason.TOO_DEEP


def test_private_rubbish_is_passed_over(written, fate):
    path = written(NOISE)
    content = path.read_bytes()
    place = content.index(b"\x28\0\2\0US")
    rubbish = b"\x11\0\1\x10UN\0\0" + struct.pack("<I", 999) + np.random.default_rng(5).bytes(999)
    path.write_bytes(content[:place] + rubbish + content[place:])
    assert fate(path) is None
    path.write_bytes(content[:place] + rubbish[:-400] + content[place:])
    assert fate(path) is not None


def test_sizes_that_lie(written, fate):
    assert fate(written(NOISE, Rows=60000, Columns=60000)) is Reason.TOO_LARGE
    assert fate(written(NOISE, Rows=6000, Columns=6000, NumberOfFrames=10_000)) is Reason.TRUNCATED
    assert fate(written(NOISE, NumberOfFrames=2_000_000_000)) is Reason.TOO_LARGE
    assert fate(written(NOISE, NumberOfFrames=-3)) is Reason.BROKEN_HEADER
    assert fate(written(NOISE, J2K, NumberOfFrames=30)) is Reason.TRUNCATED


@pytest.mark.parametrize(
    ("syntax", "item"),
    [
        (BASELINE, imagecodecs.jpeg8_encode(NOISE[0]).replace(b"\x08\0\x40\0\x40", b"\x08\xff\xff\xff\xff")),
        (J2K, imagecodecs.jpeg2k_encode(NOISE[0], codecformat="J2K").replace(
            struct.pack(">2I", 64, 64), struct.pack(">2I", 1 << 30, 1 << 30))),
    ],
)  # fmt: skip
def test_a_compressed_frame_that_claims_another_size_than_the_header(written, fate, syntax, item):
    assert fate(written(NOISE[:1], syntax, items=[item + b"\0" * (len(item) % 2)])) is Reason.BROKEN_PIXELS


def test_a_still_of_a_hundred_megapixels(tmp_path, fate):
    Image.new("1", (10_000, 10_000)).save(tmp_path / "a.png")
    Image.new("1", (20_000, 20_000)).save(tmp_path / "b.png")
    assert fate(tmp_path / "a.png") is Reason.TOO_LARGE
    assert fate(tmp_path / "b.png") is Reason.TOO_LARGE


def make_video(path, container_format):
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.height, stream.width, stream.pix_fmt = 64, 64, "yuv420p"
        for picture in np.repeat(NOISE, 5, axis=0):
            frame = av.VideoFrame.from_ndarray(np.repeat(picture[..., None], 3, axis=2), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_video_with_a_broken_index(tmp_path, fate):
    path = make_video(tmp_path / "a.mp4", "mp4")
    content = path.read_bytes()
    places = content.index(b"stco") + 12
    path.write_bytes(content[:places] + b"\x7f\xff\xff\xf0" + content[places + 4 :])
    assert fate(path) in (Reason.NO_PIXELS, Reason.BROKEN_PIXELS, Reason.BROKEN_HEADER)
    sizes = content.index(b"stsz") + 16
    path.write_bytes(content[:sizes] + b"\x7f\xff\xff\xff" * 15 + content[sizes + 60 :])
    assert fate(path) in (Reason.NO_PIXELS, Reason.BROKEN_PIXELS, Reason.BROKEN_HEADER, Reason.TOO_MUCH_MEMORY)
    path.write_bytes(content[: content.index(b"moov") + 50])
    assert fate(path) in (Reason.NO_PIXELS, Reason.BROKEN_HEADER)


def test_a_video_without_its_index_at_the_end_is_read_from_its_packets(tmp_path, fate):
    path = make_video(tmp_path / "a.avi", "avi")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"idx1")])
    assert fate(path) is None


def test_a_gif_with_a_huge_screen(tmp_path, fate):
    Image.fromarray(NOISE[0]).save(tmp_path / "a.gif")
    content = (tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(content[:6] + b"\xff\xff\xff\xff" + content[10:])
    assert fate(tmp_path / "a.gif") in (Reason.BROKEN_HEADER, Reason.TOO_LARGE)


def png_with(path, chunk, content):
    Image.fromarray(NOISE[0]).save(path)
    whole = path.read_bytes()
    made = struct.pack(">I", len(content)) + chunk + content + struct.pack(">I", zlib.crc32(chunk + content))
    path.write_bytes(whole[:33] + made + whole[33:])
    return path


@pytest.mark.parametrize(("chunk", "head"), [(b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")])
def test_a_png_with_a_bomb_in_its_text_or_colour_profile(tmp_path, fate, chunk, head):
    path = png_with(tmp_path / "a.png", chunk, head + zlib.compress(bytes(100 << 20), 1))
    assert path.stat().st_size < 600_000
    # Pillow may pass such a chunk over and still give the picture, which is as good.
    assert fate(path) in (None, Reason.BROKEN_HEADER, Reason.BROKEN_PIXELS, Reason.TOO_LARGE)


def test_a_png_whose_pixels_inflate_beyond_its_size(tmp_path, fate):
    Image.fromarray(NOISE[0]).save(tmp_path / "a.png")
    packed = zlib.compress(bytes(100 << 20), 1)
    whole = (tmp_path / "a.png").read_bytes()[:33]
    for chunk, content in ((b"IDAT", packed), (b"IEND", b"")):
        whole += struct.pack(">I", len(content)) + chunk + content + struct.pack(">I", zlib.crc32(chunk + content))
    (tmp_path / "a.png").write_bytes(whole)
    assert fate(tmp_path / "a.png") in (None, Reason.BROKEN_PIXELS)


def test_a_tiff_whose_directories_go_in_circles(tmp_path, fate):
    Image.fromarray(NOISE[0]).save(tmp_path / "a.tif")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    (first,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, first)
    struct.pack_into("<I", content, first + 2 + 12 * count, first)
    (tmp_path / "a.tif").write_bytes(content)
    assert fate(tmp_path / "a.tif") in (None, Reason.BROKEN_HEADER, Reason.BROKEN_PIXELS)


def test_a_tiff_of_a_million_directories(tmp_path, fate):
    """Each empty and pointing at the next: six bytes a page."""
    pages = 1_000_000
    starts = 8 + 6 * np.arange(1, pages + 1, dtype=np.uint32)
    lines = np.zeros(pages, dtype=[("count", "<u2"), ("next", "<u4")])
    lines["next"] = starts
    (tmp_path / "a.tif").write_bytes(b"II*\0" + struct.pack("<I", 8) + lines.tobytes())
    assert fate(tmp_path / "a.tif") in (Reason.BROKEN_HEADER, Reason.TOO_LARGE)


def test_an_exif_block_that_points_at_itself(tmp_path, fate):
    entries = 5000
    block = b"II*\0" + struct.pack("<IH", 8, entries)
    block += b"".join(struct.pack("<HHII", 0x8769 + number % 3, 4, 0x0FFFFFFF, 8) for number in range(entries))
    buffer = io.BytesIO()
    Image.fromarray(NOISE[0]).save(buffer, "JPEG", exif=b"Exif\0\0" + block)
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    assert fate(tmp_path / "a.jpg") is None


def test_a_text_chunk_does_not_leave_the_reader(tmp_path):
    from sonosift.archive.open_clip import open_clip

    info = PngImagePlugin.PngInfo()
    info.add_text("Patient", "MILLER")
    Image.fromarray(NOISE[0]).save(tmp_path / "a.png", pnginfo=info)
    clip = open_clip(tmp_path / "a.png")
    assert "MILLER" not in repr(vars(clip.header)) + repr([vars(frame) for frame in clip.frames(3.0)])


def test_a_dicomdir_is_never_followed(tmp_path, fate, monkeypatch):
    record = Dataset()
    record.ReferencedFileID = ["..", "..", "etc", "passwd"]
    content = bytes(128) + b"DICM\2\0\2\0UI\x14\x001.2.840.10008.1.3.10\0"
    buffer = io.BytesIO()
    whole = Dataset()
    whole.DirectoryRecordSequence = Sequence([record])
    from pydicom import dcmwrite

    dcmwrite(buffer, whole, implicit_vr=False, little_endian=True, enforce_file_format=False)
    (tmp_path / "DICOMDIR").write_bytes(content + buffer.getvalue())
    assert fate(tmp_path / "DICOMDIR") is Reason.DICOMDIR


def test_links_pipes_sockets_and_devices_do_not_hang(tmp_path, fate, monkeypatch):
    (tmp_path / "a.dcm").symlink_to(tmp_path / "b.dcm")
    (tmp_path / "b.dcm").symlink_to(tmp_path / "a.dcm")
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nothing")
    (tmp_path / "zero.dcm").symlink_to("/dev/zero")
    (tmp_path / "folder.dcm").mkdir()
    os.mkfifo(tmp_path / "pipe.dcm")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.dcm")
    assert fate(tmp_path / "a.dcm") is Reason.BROKEN_LINK
    assert fate(tmp_path / "gone.dcm") is Reason.BROKEN_LINK
    for name in ("zero", "pipe", "socket", "folder"):
        assert fate(tmp_path / f"{name}.dcm") is Reason.NOT_A_FILE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(written, fate):
    path = written(NOISE)
    path.chmod(0)
    assert fate(path) is Reason.NOT_PERMITTED


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_utf_8(tmp_path, written, fate):
    path = written(NOISE)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xdcller\xff.dcm"))
    path.rename(odd)
    assert fate(odd) is None


def test_a_file_that_changes_while_it_is_read(written, pool):
    path = written(NOISE)
    found = path.stat()
    job = DecodeJob(str(path), "", "0", found.st_mtime_ns - 1, found.st_size, found.st_size, "i", "changed", "e", "p")
    ((_, answer),) = pool.run([job])
    assert answer["reason"] == Reason.CHANGED_WHILE_READING


def test_a_file_that_shrinks_between_its_header_and_its_pixels(written):
    from sonosift.archive.open_clip import open_clip
    from sonosift.archive.unreadable import Unreadable

    path = written(NOISE)
    clip = open_clip(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(Unreadable) as caught:
        list(clip.frames(1e6))
    assert caught.value.reason is Reason.TRUNCATED


def test_members_of_a_zip(tmp_path, written, fate):
    dicom = written(NOISE).read_bytes()
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("PAT/IM1", dicom)
        whole.writestr("../../escaped", dicom)
        whole.writestr("inner.zip", path.name)
        whole.writestr("bomb", bytes(100 << 20))
    assert fate(path, "PAT/IM1") is None
    assert fate(path, "../../escaped") is Reason.ZIP_SLIP
    assert fate(path, "bomb") is Reason.ZIP_BOMB
    assert not (tmp_path.parent.parent / "escaped").exists()


def test_spooled_members_are_private(tmp_path, written):
    from sonosift.archive.zip_members import member_file

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as whole:
        whole.writestr("x", b"1")
    with member_file(tmp_path / "a.zip", "x", tmp_path) as file:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
