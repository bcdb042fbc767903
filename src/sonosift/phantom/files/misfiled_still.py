"""A still that somebody filed under another patient: re-encoded, at another size, in that patient's folder."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sonosift.phantom.files.clean_pictures import write_clean
from sonosift.phantom.files.truth import pack_masks, unpack_masks, write_arrays
from sonosift.phantom.files.write_still import png_bytes
from sonosift.phantom.files.written import Exported, Written

SIZE = Fraction(3, 4)
"""Of the first export; the sides of all screens can be divided by four."""
_JPEG_QUALITY = 90
_LENGTHS = ("radius", "depth", "half_width")
_CENTRES = ("apex_x", "apex_y")

Pixels = npt.NDArray[np.uint8]


def file_again(root: Path, still: Exported, owner: str, number: str, name: str, *, as_jpeg: bool) -> Written:
    """Write a still into the folder of another patient, and return its rows of the truth.

    Args:
        root: The folder that holds ``archive`` and ``truth``.
        still: As it was exported first; its rows say where it lies now.
        owner: True id of the patient whom it is filed under.
        number: The patient number that the hospital knows this patient by.
        name: Of the file, without its ending.
        as_jpeg: JPEG instead of PNG.
    """
    first = still.rows[0]
    file = f"images/{number}/{name}{'.jpg' if as_jpeg else '.png'}"
    picture = smaller(still.frames[0])
    path = root / "archive" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_jpeg_bytes(picture) if as_jpeg else png_bytes(picture))
    write_arrays(root / "truth" / "masks" / f"{file}.npz", _smaller_masks(still.masks))
    if still.bare is not None:
        write_clean(root / "truth" / "clean" / f"{file}.npz", smaller(still.bare[0])[None], None)
    # Nothing in the file says a day, a machine or an exam; it joins the patient's first exam.
    filed = {"file": file, "member": "", "patient": owner, "exam": f"{owner}-E1", "exam_date": None}
    copied = {
        "clip": f"{owner}-{name}",
        "is_duplicate_of": first["file"],
        "duplicate_of_member": first["member"],
        "duplicate_of_index": 0,
    }
    row = first | _smaller_places(first) | filed | copied
    note = filed | {
        "state": "ok",
        "reason": None,
        "format": "jpeg" if as_jpeg else "png",
        "transfer_syntax": None,
        "photometric": None,
        "scanner": first["scanner"],
        "frames": 1,
        "frame_rate_hz": None,
        "study_description": None,
        "description_state": "missing",
        "transducer": None,
    }
    return Written([row], [note])


def smaller(picture: Pixels) -> Pixels:
    """Shrink a picture, by area."""
    size = (int(picture.shape[1] * SIZE), int(picture.shape[0] * SIZE))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _jpeg_bytes(picture: Pixels) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _smaller_places(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a row that speak of pixels."""
    boxes = [[kind, *_scaled(box)] for kind, *box in json.loads(row["boxes"])]
    texts = [[text, *_scaled(box), inside] for text, *box, inside in json.loads(row["text_boxes"])]
    return {
        "height": int(row["height"] * SIZE),
        "width": int(row["width"] * SIZE),
        "mm_per_pixel": row["mm_per_pixel"] / float(SIZE),
        "fan": json.dumps(_smaller_fan(json.loads(row["fan"]))),
        "boxes": json.dumps(boxes),
        "text_boxes": json.dumps(texts),
    }


def _smaller_fan(record: dict[str, Any]) -> dict[str, Any]:
    if "parts" in record:
        return record | {"parts": [_smaller_fan(part) for part in record["parts"]]}
    scale = float(SIZE)
    lengths = {name: record[name] * scale for name in _LENGTHS}
    # A pixel's centre has whole coordinates, so shrinking moves it.
    centres = {name: (record[name] + 0.5) * scale - 0.5 for name in _CENTRES}
    return record | lengths | centres | {"box": _scaled(record["box"])}


def _scaled(numbers: list[float]) -> list[int]:
    return [round(number * SIZE) for number in numbers]


def _smaller_masks(masks: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    count, height, width = masks["shape"].tolist()
    shape = (int(height * SIZE), int(width * SIZE))
    made = dict(masks) | {"shape": np.array([count, *shape], dtype=np.int32)}
    for name in ("liver", "kidney", "lesions"):
        whole = unpack_masks(masks[name], width)
        shrunk = [cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) for mask in whole]
        made[name] = pack_masks(np.array(shrunk, dtype=bool).reshape(len(whole), *shape))
    return made
