"""Export a clip as MP4, the same bytes each time."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import numpy.typing as npt


def mp4_bytes(frames: npt.NDArray[np.uint8], rate_hz: float) -> bytes:
    """Return the MP4 file of ``frames`` (``[n, H, W]`` or ``[n, H, W, 3]``, even height and width).

    One thread and no writing date: nothing but the frames and the installed encoder decides the bytes.
    """
    import av
    from av.video.stream import VideoStream

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        rate = Fraction(rate_hz).limit_denominator(100)
        options = {"crf": "20", "preset": "veryfast", "threads": "1"}
        stream = container.add_stream(_encoder(), rate=rate, options=options)
        assert isinstance(stream, VideoStream)  # both encoders make video
        stream.width, stream.height = frames.shape[2], frames.shape[1]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        for frame in frames:
            colour = np.repeat(frame[..., None], 3, axis=2) if frame.ndim == 2 else frame
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(colour), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def has_h264() -> bool:
    """Say whether the installed FFmpeg writes H.264: some builds come without."""
    import av

    return "libx264" in av.codecs_available


def _encoder() -> str:
    return "libx264" if has_h264() else "mpeg4"
