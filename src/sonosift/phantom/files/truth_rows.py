"""From a shown shot to its rows in the truth tables, in pixels of the source file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sonosift.labels.abdomen import ABDOMEN
from sonosift.phantom.files.fan_record import fan_record
from sonosift.phantom.files.truth import pack_masks
from sonosift.phantom.scanning.acquisition import Acquisition, ScanFrame
from sonosift.phantom.screen.screen_canvas import DrawnText
from sonosift.phantom.screen.screen_styles import ScreenStyle
from sonosift.phantom.screen.shot_picture import ShownShot


def text_columns(texts: Sequence[DrawnText]) -> dict[str, Any]:
    """Return the columns about burnt-in text."""
    labels = [drawn.text for drawn in texts if drawn.kind == "label"]
    return {
        "burnt_text": [drawn.text for drawn in texts],
        "burnt_label": labels[0] if labels else None,
        "identity_text": [drawn.text for drawn in texts if drawn.kind == "identity"],
        "text_boxes": json.dumps([[drawn.text, *drawn.box, drawn.inside_fan] for drawn in texts]),
    }


def frame_rows(
    style: ScreenStyle,
    acquisitions: Sequence[Acquisition],
    shown: ShownShot,
    *,
    common: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return one row per frame; ``common`` holds file, patient, exam, clip, and scanner."""
    first = acquisitions[0]
    fan = fan_record([scan.geometry for scan in acquisitions], shown.placements)
    scale = shown.placements[0].scale
    rows = []
    for index in range(len(shown.frames)):
        parts = frames_at(acquisitions, index)
        labels = joined_labels([part.labels for part in parts])
        boxes = [
            [lesion.kind, *placement.box_on(lesion.box)]
            for part, placement in zip(parts, shown.placements, strict=True)
            for lesion in part.lesions
        ]
        rows.append(
            {
                **common,
                "index_in_clip": index,
                "view": first.view,
                "super_group": first.super_group,
                **{name: int(name in labels) for name in ABDOMEN.names},
                "lesion": [box[0] for box in boxes],
                "boxes": json.dumps(boxes),
                "quality": parts[0].quality,
                **text_columns(shown.texts_at(index)),
                "fan": json.dumps(fan),
                "mm_per_pixel": first.mm_per_pixel / scale,
                "is_doppler": shown.flow is not None,
                "is_dual": len(parts) > 1,
                "is_duplicate_of": None,
                "duplicate_of_member": None,
                "duplicate_of_index": None,
                "is_screenshot_of_report": False,
                "kind": "dual" if len(parts) > 1 else "scan",
                "time_s": parts[0].time_s,
                "height": style.height,
                "width": style.width,
            }
        )
    return rows


def page_row(style: ScreenStyle, texts: Sequence[DrawnText], kind: str, *, common: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a screen without a scan (``kind`` report or test_image)."""
    return {
        **common,
        "index_in_clip": 0,
        "view": None,
        "super_group": None,
        **{name: int(name == ABDOMEN.exclusive) for name in ABDOMEN.names},
        "lesion": [],
        "boxes": "[]",
        "quality": None,
        **text_columns(texts),
        "fan": None,
        "mm_per_pixel": None,
        "is_doppler": False,
        "is_dual": False,
        "is_duplicate_of": None,
        "duplicate_of_member": None,
        "duplicate_of_index": None,
        "is_screenshot_of_report": kind == "report",
        "kind": kind,
        "time_s": 0.0,
        "height": style.height,
        "width": style.width,
    }


def frames_at(acquisitions: Sequence[Acquisition], index: int) -> list[ScanFrame]:
    """Return the scans that are on the screen at one moment."""
    return [scan.frames[min(index, len(scan.frames) - 1)] for scan in acquisitions]


def joined_labels(parts: Sequence[frozenset[str]]) -> frozenset[str]:
    """Join the labels of images on one screen; ``other`` stays only when nothing else is there.

    >>> sorted(joined_labels([frozenset({"other"}), frozenset({"liver"})]))
    ['liver']
    """
    everything = frozenset().union(*parts)
    organs = everything - {ABDOMEN.exclusive}
    return frozenset(str(name) for name in organs) if organs else frozenset({str(ABDOMEN.exclusive)})


def mask_arrays(
    style: ScreenStyle, acquisitions: Sequence[Acquisition], shown: ShownShot
) -> dict[str, npt.NDArray[Any]]:
    """Return the packed masks of a shot: liver and kidney per frame, and one mask per lesion instance."""
    count = len(shown.frames)
    arrays: dict[str, npt.NDArray[Any]] = {"shape": np.array([count, style.height, style.width], dtype=np.int32)}
    lesions: list[tuple[int, str, npt.NDArray[np.bool_]]] = []
    organs = {name: np.zeros((count, style.height, style.width), dtype=bool) for name in ("liver", "kidney")}
    for index in range(count):
        for part, placement in zip(frames_at(acquisitions, index), shown.placements, strict=True):
            for name, mask in organs.items():
                if name in part.organs:
                    mask[index] |= placement.mask_on(part.organs[name], style)
            lesions += [(index, lesion.kind, placement.mask_on(lesion.mask, style)) for lesion in part.lesions]
    for name, mask in organs.items():
        arrays[name] = pack_masks(mask)
    arrays["lesion_frame"] = np.array([index for index, _, _ in lesions], dtype=np.int32)
    arrays["lesion_kind"] = np.array([kind for _, kind, _ in lesions], dtype="U16")
    empty = np.zeros((0, style.height, style.width), dtype=bool)
    arrays["lesions"] = pack_masks(np.stack([mask for _, _, mask in lesions]) if lesions else empty)
    return arrays


def one_frame(masks: dict[str, npt.NDArray[Any]], index: int) -> dict[str, npt.NDArray[Any]]:
    """Return the masks of one frame out of those of a clip."""
    chosen = masks["lesion_frame"] == index
    return {
        "shape": np.array([1, *masks["shape"][1:]], dtype=np.int32),
        "liver": masks["liver"][index : index + 1],
        "kidney": masks["kidney"][index : index + 1],
        "lesions": masks["lesions"][chosen],
        "lesion_kind": masks["lesion_kind"][chosen],
        "lesion_frame": np.zeros(int(chosen.sum()), dtype=np.int32),
    }
