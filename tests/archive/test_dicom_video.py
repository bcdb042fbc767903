"""Streams of video inside DICOM against the same stream as a file of its own, read by PyAV without our reader."""

from fractions import Fraction

import av
import numpy as np
import pytest

from sonosift.archive.dicom_reader import open_dicom
from sonosift.archive.unreadable import Reason, Unreadable

MPEG_2, H_264, H_264_IN_PIECES, HEVC = (f"1.2.840.10008.1.2.4.{number}" for number in ("100", "102", "102.1", "107"))
SHAPE = (24, 64, 80)


def stream(path, container_format, codec):
    """A bright bar that walks over grey, so that no two frames are alike."""
    with av.open(str(path), "w", format=container_format) as container:
        video = container.add_stream(codec, rate=Fraction(25))
        video.height, video.width, video.pix_fmt = *SHAPE[1:], "yuv420p"
        for position in range(SHAPE[0]):
            picture = np.full((*SHAPE[1:], 3), 40, np.uint8)
            picture[:, 3 * position : 3 * position + 8] = 220
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
    with av.open(str(path)) as container:
        other = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return path.read_bytes(), np.stack(other)


@pytest.mark.parametrize(
    ("syntax", "container_format", "codec", "pieces"),
    [
        (MPEG_2, "mpeg2video", "mpeg2video", 1),
        (MPEG_2, "mpegts", "mpeg2video", 7),
        (MPEG_2, "mpeg", "mpeg2video", 1),
        (H_264, "mp4", "libx264", 1),
        (H_264, "mp4", "libx264", 7),
        (H_264, "h264", "libx264", 1),
        (H_264, "mpegts", "libx264", 7),
        (HEVC, "hevc", "libx265", 1),
        (HEVC, "mp4", "libx265", 7),
    ],
)
def test_every_frame_of_a_stream(tmp_path, written, syntax, container_format, codec, pieces):
    encoded, other = stream(tmp_path / "stream", container_format, codec)
    assert len(other) == SHAPE[0]
    encoded += b"\0" * (len(encoded) % 2)
    step = -(-len(encoded) // pieces // 2) * 2
    items = [encoded[start : start + step] for start in range(0, len(encoded), step)]
    path = written(np.zeros((*SHAPE, 3), np.uint8), syntax, "YBR_PARTIAL_420", items=items, FrameTime="40")
    clip = open_dicom(path)
    assert (clip.header.frame_count, clip.header.rate_hz) == (24, pytest.approx(25))
    frames = list(clip.frames(1e6))
    assert [frame.index for frame in frames] == list(range(24))
    for frame, picture in zip(frames, other, strict=True):
        assert np.abs(frame.grey - picture @ np.array([0.299, 0.587, 0.114])).max() <= 1.5
    assert [frame.time_s for frame in clip.frames(5.0)] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


def test_the_fragmentable_form(tmp_path, written):
    encoded, other = stream(tmp_path / "stream", "mp4", "libx264")
    items = [encoded[start : start + 500] for start in range(0, len(encoded) // 2 * 2, 500)]
    path = written(np.zeros((*SHAPE, 3), np.uint8), H_264_IN_PIECES, "YBR_PARTIAL_420", items=items)
    assert len(list(open_dicom(path).frames(1e6))) == len(other)


def test_a_stream_that_is_none_has_a_reason(written):
    path = written(np.zeros((*SHAPE, 3), np.uint8), H_264, "YBR_PARTIAL_420", items=[b"no video at all. " * 100])
    with pytest.raises(Unreadable) as caught:
        list(open_dicom(path).frames(1e6))
    assert caught.value.reason in (Reason.BROKEN_HEADER, Reason.UNSUPPORTED_ENCODING)
