"""How often the rarer kinds of mess happen, all in one place, and the chance that decides about them."""

from __future__ import annotations

import numpy as np

# Shares of shots (stills and clips alike).
IDENTITY_TYPED_ON_IMAGE = 0.04
# Of clips: a box with identity in it, for some frames only.
POPUP_IN_CLIP = 0.08
# Of the identity on images.
LOW_CONTRAST = 0.3
TURNED_UPRIGHT = 0.2
# Of the files that would otherwise be plain (deflated) or baseline JPEG (extended JPEG, H.264 for clips).
DEFLATED = 0.08
JPEG_EXTENDED = 0.06
H264_CLIP = 0.1
# Of exams; besides, patients in turn have each of them, so that a small hospital has one too.
ZIPPED_EXAM = 0.03
MEDIA_DIRECTORY = 0.08
HOSTILE_DIRECTORY = 0.4  # of the media directories
FOREIGN_FILE_NAMES = 0.02
# Of patients, and in turn likewise: a still of theirs is filed under another patient too.
MISFILED_STILL = 0.04
TURNS = 8
ZIP_TURN, DIRECTORY_TURN, FOREIGN_NAME_TURN, MISFILED_TURN = 3, 2, 1, 6

_STREAM = 13


def own_chance(seed: int, *where: int) -> np.random.Generator:
    """Return the chance of one place (patient, exam, shot).

    It is apart from the chance that draws bodies and scans, so that the pictures stay as they are when a share here
    changes.
    """
    return np.random.default_rng([seed, _STREAM, *where])
