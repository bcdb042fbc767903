"""What is scanned in one exam: which views, in which order, stills or clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sonosift.errors import unknown_name
from sonosift.phantom.anatomy.body import Body

ExamKind = Literal[
    "abdomen", "liver", "renal", "bladder", "urinary tract", "drainage", "thyroid", "chest", "soft tissue"
]
Profile = Literal["stills", "cine"]
PROFILES: tuple[Profile, ...] = ("stills", "cine")


@dataclass(frozen=True)
class Shot:
    """One press of the button.

    Attributes:
        view: The view that the operator is after.
        is_cine: Whether a clip is kept rather than a still.
        frames: Number of frames.
        rate_hz: Frames per second of the recording.
    """

    view: str
    is_cine: bool
    frames: int = 1
    rate_hz: float = 8.0


@dataclass(frozen=True)
class ExamPlan:
    """One exam: its kind and its shots in order."""

    kind: ExamKind
    shots: tuple[Shot, ...]


# Shares of exams, and for each kind how often its views are taken (relative).
_KINDS: dict[ExamKind, float] = {
    "abdomen": 0.616,
    "liver": 0.10,
    "renal": 0.09,
    "bladder": 0.015,
    "urinary tract": 0.04,
    "drainage": 0.03,
    "thyroid": 0.012,
    "chest": 0.04,
    "soft tissue": 0.007,
}
_VIEWS: dict[ExamKind, dict[str, float]] = {
    "abdomen": {
        "liver_left_sag": 3.5,
        "liver_left_trv": 3.5,
        "liver_right_lobe": 5.5,
        "liver_dome": 4.0,
        "portal_vein": 2.5,
        "gallbladder_sag": 1.5,
        "gallbladder_trv": 0.8,
        "common_bile_duct": 1.0,
        "pancreas": 6.5,
        "aorta": 10.5,
        "right_kidney_sag": 2.5,
        "right_kidney_trv": 2.0,
        "left_kidney_sag": 4.0,
        "left_kidney_trv": 2.5,
        "spleen": 7.0,
        "bladder_sag": 1.8,
        "bladder_trv": 1.8,
        "soft_tissue": 0.8,
        "lung": 5.0,
    },
    "liver": {
        "liver_left_sag": 1.5,
        "liver_left_trv": 1.5,
        "liver_right_lobe": 2.5,
        "liver_dome": 1.5,
        "portal_vein": 1.2,
        "gallbladder_sag": 0.4,
        "common_bile_duct": 0.3,
        "spleen": 0.5,
        "right_kidney_sag": 0.4,
    },
    "renal": {
        "right_kidney_sag": 2.0,
        "right_kidney_trv": 1.5,
        "left_kidney_sag": 2.0,
        "left_kidney_trv": 1.5,
        "bladder_sag": 0.4,
        "bladder_trv": 0.4,
    },
    "bladder": {"bladder_sag": 1.0, "bladder_trv": 1.0},
    "urinary tract": {
        "right_kidney_sag": 1.0,
        "right_kidney_trv": 0.6,
        "left_kidney_sag": 1.0,
        "left_kidney_trv": 0.6,
        "bladder_sag": 0.8,
        "bladder_trv": 0.8,
    },
    "drainage": {"liver_right_lobe": 1.0, "right_kidney_sag": 0.4, "lung": 0.6, "aorta": 0.8},
    "thyroid": {"thyroid_right": 1.0, "thyroid_left": 1.0, "neck": 0.6},
    "chest": {"lung": 1.0},
    "soft tissue": {"soft_tissue": 1.0},
}
_EMPTY_ML = 30.0
_LENGTH = {"thyroid": 0.6, "soft tissue": 0.5, "bladder": 0.5, "chest": 0.6, "drainage": 0.6}


def plan_exam(body: Body, rng: np.random.Generator, profile: str = "stills") -> ExamPlan:
    """Plan one exam of a patient: 5 to 30 shots, 13 in the mean.

    Args:
        body: The patient; an empty bladder is looked at less often.
        rng: Source of every random choice.
        profile: ``stills`` for freeze frames with a clip now and then, ``cine`` for clips.
    """
    if profile not in PROFILES:
        raise unknown_name("profile", profile, PROFILES)
    kind: ExamKind = list(_KINDS)[
        int(rng.choice(len(_KINDS), p=np.array(list(_KINDS.values())) / sum(_KINDS.values())))
    ]
    wishes = dict(_VIEWS[kind])
    if body.trunk.bladder_ml < _EMPTY_ML:
        for view in ("bladder_sag", "bladder_trv"):
            wishes[view] = 0.7 * wishes.get(view, 0.0)
    length = int(np.clip(round(rng.gamma(7.0, 13.8 / 7.0) * _LENGTH.get(kind, 1.0)), 5, 30))
    views = list(wishes)
    weights = np.array([wishes[view] for view in views])
    counts = rng.multinomial(length, weights / weights.sum())
    has_cine = profile == "cine" or rng.random() < 1 / 3
    shots: list[Shot] = []
    for view, count in zip(views, counts, strict=True):
        shots += [_shot(view, rng, profile, has_cine) for _ in range(count)]
    return ExamPlan(kind, tuple(shots))


def _shot(view: str, rng: np.random.Generator, profile: str, has_cine: bool) -> Shot:
    is_cine = profile == "cine" or (has_cine and rng.random() < 0.1)
    if not is_cine:
        return Shot(view, False)
    return Shot(view, True, int(rng.integers(10, 51)), float(rng.choice([6.0, 8.0, 10.0, 12.0])))
