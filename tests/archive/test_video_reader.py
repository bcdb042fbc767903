import struct
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from sonosift.archive.sniff import Content, sniff
from sonosift.archive.unreadable import Reason, Unreadable
from sonosift.archive.video_reader import open_video

LEVELS = [20, 60, 100, 140, 180, 220, 40, 80, 120, 160]


def write_video(path, format_name, codec, pixel_format="yuv420p", rate=10, size=(64, 48)):
    with av.open(str(path), "w", format=format_name) as container:
        stream = container.add_stream(codec, rate=Fraction(rate))
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        for level in LEVELS:
            picture = np.full((size[1], size[0], 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


FORMATS = [
    ("mp4", "mpeg4", "yuv420p"),
    ("mov", "mjpeg", "yuvj420p"),
    ("avi", "rawvideo", "bgr24"),
    ("avi", "mjpeg", "yuvj420p"),
    ("matroska", "mpeg4", "yuv420p"),
    ("mov", "libx264", "yuv420p"),
    ("mp4", "libx265", "yuv420p"),
    ("webm", "libvpx", "yuv420p"),
    ("matroska", "libvpx-vp9", "yuv420p"),
    ("asf", "wmv2", "yuv420p"),
    ("gif", "gif", "gray"),
]
PROGRAMME_STREAMS = [("mpeg", "mpeg1video"), ("mpeg", "mpeg2video"), ("mpegts", "mpeg2video"), ("mpegts", "libx264")]


@pytest.mark.parametrize(("format_name", "codec", "pixel_format"), FORMATS)
def test_every_frame_of_every_format(tmp_path, format_name, codec, pixel_format):
    path = write_video(tmp_path / "clip", format_name, codec, pixel_format)
    assert sniff(path) is Content.VIDEO
    clip = open_video(path)
    assert (clip.header.height, clip.header.width) == (48, 64)
    assert clip.header.rate_hz == pytest.approx(10, rel=0.15)
    frames = list(clip.frames(1000.0))
    assert [frame.index for frame in frames] == list(range(len(LEVELS)))
    assert [float(frame.grey.mean()) for frame in frames] == pytest.approx(LEVELS, abs=4)


@pytest.mark.parametrize(("format_name", "codec"), PROGRAMME_STREAMS)
def test_mpeg_streams(tmp_path, format_name, codec):
    """These hold only the rates of television, and no header that counts the frames."""
    path = write_video(tmp_path / "clip", format_name, codec, rate=25)
    assert sniff(path) is Content.VIDEO
    frames = list(open_video(path).frames(1000.0))
    assert [frame.index for frame in frames] == list(range(len(LEVELS)))
    assert [float(frame.grey.mean()) for frame in frames] == pytest.approx(LEVELS, abs=6)


def test_another_decoder_sees_the_same_pictures(tmp_path):
    path = write_video(tmp_path / "clip.avi", "avi", "mjpeg", "yuvj420p")
    capture = cv2.VideoCapture(str(path))
    others = []
    while (answer := capture.read())[0]:
        others.append(answer[1])
    frames = list(open_video(path).frames(1000.0))
    assert len(frames) == len(others) == len(LEVELS)
    for frame, other in zip(frames, others, strict=True):
        assert np.abs(frame.grey.astype(int) - cv2.cvtColor(other, cv2.COLOR_BGR2GRAY)).max() <= 2


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [
        ((1, 0, 0, 1), lambda picture: picture),
        ((0, 1, -1, 0), lambda picture: np.rot90(picture, -1)),
        ((-1, 0, 0, -1), lambda picture: np.rot90(picture, 2)),
        ((0, -1, 1, 0), np.rot90),
    ],
)
def test_a_film_is_turned_as_the_telephone_was_held(tmp_path, matrix, turned):
    """ISO 14496-12: the matrix of the track's header; OpenCV turns such films too."""
    path = tmp_path / "clip.mp4"
    picture = np.repeat(np.add.outer(3 * np.arange(48), np.arange(64))[..., None], 3, axis=2).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 64, 48, "yuv420p", 4_000_000
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    upright = next(open_video(path).frames(10.0)).grey
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 4 + 40
    a, b, c, d = matrix
    struct.pack_into(">9i", content, place, a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    clip = open_video(path)
    (frame,) = clip.frames(10.0)
    np.testing.assert_array_equal(frame.grey, turned(upright))
    assert (clip.header.height, clip.header.width) == frame.grey.shape
    _, other = cv2.VideoCapture(str(path)).read()
    assert np.abs(frame.grey.astype(int) - cv2.cvtColor(other, cv2.COLOR_BGR2GRAY)).max() <= 4


def test_frames_are_taken_by_their_times(tmp_path):
    clip = open_video(write_video(tmp_path / "clip", "mp4", "mpeg4"))
    sampled = list(clip.frames(3.0))
    assert [frame.index for frame in sampled] == [0, 4, 7]
    assert [frame.time_s for frame in sampled] == pytest.approx([0, 0.4, 0.7])
    assert [frame.index for frame in clip.frames(3.0)] == [0, 4, 7]


def test_a_rate_above_the_clip_keeps_everything_once(tmp_path):
    clip = open_video(write_video(tmp_path / "clip", "mp4", "mpeg4"))
    assert len(list(clip.frames(11.0))) == len(LEVELS)


def refused(path):
    with pytest.raises(Unreadable) as caught:
        list(open_video(path).frames(3.0))
    return caught.value.reason


def test_cut_and_random_files_have_a_reason(tmp_path):
    content = write_video(tmp_path / "clip", "mp4", "mpeg4").read_bytes()
    (tmp_path / "cut").write_bytes(content[: len(content) // 3])  # the index stands at the end
    assert refused(tmp_path / "cut") is Reason.BROKEN_HEADER
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(5000))
    assert refused(tmp_path / "noise") in (Reason.BROKEN_HEADER, Reason.UNSUPPORTED_ENCODING)


@pytest.mark.parametrize("kept", [0.5, 0.8])
def test_a_video_that_breaks_off_is_not_taken_for_a_short_one(tmp_path, kept):
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), dtype=np.uint8)
    path = tmp_path / "clip"
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.height, stream.width, stream.pix_fmt = 64, 64, "yuv420p"
        for picture in noise:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    assert len(list(open_video(path).frames(1000.0))) == 20
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert refused(path) in (Reason.TRUNCATED, Reason.BROKEN_PIXELS)


def test_a_playlist_that_names_other_files_is_refused(tmp_path):
    write_video(tmp_path / "clip.mp4", "mp4", "mpeg4")
    (tmp_path / "list").write_text("ffconcat version 1.0\nfile clip.mp4\n")
    assert refused(tmp_path / "list") in (Reason.UNSUPPORTED_ENCODING, Reason.BROKEN_HEADER)
