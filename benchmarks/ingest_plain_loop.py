"""What a user would write without Sonosift: decode, run RapidOCR as it comes on every frame, blank what it finds.

    python -m benchmarks.ingest_plain_loop ARCHIVE OUT --rate 3

Writes the blanked frames of each file to ``OUT/00000.npy`` and so on, and ``OUT/files.json``; ``ingest_speed.py`` calls
it. The same frames of a clip are treated as ``sonosift ingest`` takes at that rate; ``--rate 0`` treats all.
``--threads`` is how many threads ONNX Runtime may use for one picture; by default it decides itself, and takes one for
each physical core that it may run on.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.ingest_decoding import Archive, Image, grey_of
from sonosift.archive.frame_budget import sampled_indices


def clip_rate(data: bytes) -> float | None:
    """Return the frames a second that a DICOM file or a video states."""
    if data[128:132] == b"DICM":
        from pydicom import dcmread

        header = dcmread(io.BytesIO(data), stop_before_pixels=True)
        return 1000.0 / float(header.FrameTime) if "FrameTime" in header else None
    import av

    with av.open(io.BytesIO(data)) as container:
        rate = container.streams.video[0].average_rate
        return float(rate) if rate else None


def blanked(engine: Any, frame: Image) -> Image:
    """Return the frame in grey with every box that the engine finds painted black."""
    colour = frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, axis=2)
    found = engine(np.ascontiguousarray(colour))
    grey = grey_of(frame).copy()
    if found.boxes is not None:
        for corners in found.boxes:
            cv2.fillPoly(grey, [np.rint(corners).astype(np.int32)], 0)
    return grey


def main() -> None:
    """Treat every file of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rate", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    from rapidocr import RapidOCR

    arguments.out.mkdir(parents=True)
    settings: dict[str, Any] = {"Global.log_level": "critical"}
    if arguments.threads is not None:
        settings["EngineConfig.onnxruntime.intra_op_num_threads"] = arguments.threads
    engine = RapidOCR(params=settings)
    archive = Archive(arguments.archive)
    started = time.perf_counter()
    written: list[dict[str, Any]] = []
    for number, (file, member) in enumerate(archive.places()):
        frames = list(archive.colours(file, member))
        rate = clip_rate(archive.bytes_of(file, member)) if len(frames) > 1 else None
        wanted = sampled_indices(len(frames), rate, arguments.rate) if arguments.rate else list(range(len(frames)))
        np.save(arguments.out / f"{number:05d}.npy", np.stack([blanked(engine, frames[index]) for index in wanted]))
        written.append({"file": file, "member": member, "indices": wanted})
    (arguments.out / "files.json").write_text(json.dumps(written))
    frames_done = sum(len(entry["indices"]) for entry in written)
    print(json.dumps({"frames": frames_done, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
