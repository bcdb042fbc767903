"""Stills and videos made to harm, given to a real decoding child: each gets a reason, and the child lives on."""

import io
import struct
import zlib
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from sonosift.archive.open_clip import open_clip
from sonosift.archive.unreadable import Reason

NOISE = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)


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
    info = PngImagePlugin.PngInfo()
    info.add_text("Patient", "MILLER")
    Image.fromarray(NOISE[0]).save(tmp_path / "a.png", pnginfo=info)
    clip = open_clip(tmp_path / "a.png")
    assert "MILLER" not in repr(vars(clip.header)) + repr([vars(frame) for frame in clip.frames(3.0)])
