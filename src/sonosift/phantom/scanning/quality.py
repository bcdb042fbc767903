"""Quality of a Morison's-pouch view, 0 to 4: how much of the border between liver and right kidney can be judged."""

from __future__ import annotations

import cv2
import numpy as np

from sonosift.phantom.physics.arrays import FloatArray
from sonosift.phantom.physics.propagation import SHADOW_DB
from sonosift.phantom.physics.sections import Section

# Length in mm of clear border that earns the grades 2, 3 and 4; any border earns 1.
GRADE_FROM_MM = (12.0, 30.0, 50.0)
_REACH_MM = 9.0


def morison_quality(section: Section, loss_db: FloatArray, line_spacing_mm: FloatArray, focus_mm: float) -> int:
    """Grade a right-kidney view from what the plane cuts.

    A piece of border is clear when no shadow lies on it and it is within 50 mm of the focus.
    Without liver or without kidney in view the grade is 0.
    """
    liver, kidney = section.of_organ("liver"), section.of_organ("kidney")
    seen = loss_db < SHADOW_DB
    if not (liver & seen).any() or not (kidney & seen).any():
        return 0
    spacing = section.points.spacing
    reach_rows = max(1, round(_REACH_MM / spacing))
    reach_lines = max(1, round(_REACH_MM / float(np.median(line_spacing_mm))))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach_lines + 1, 2 * reach_rows + 1))
    near_liver = cv2.dilate((liver & seen).astype(np.uint8), kernel) > 0
    edge = kidney & seen & ~(cv2.erode(kidney.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    depths = (np.arange(section.index.shape[0]) + 0.5) * spacing
    in_focus = np.abs(depths - focus_mm) < 50.0
    rows, _ = np.nonzero(edge & near_liver & in_focus[:, None])
    if not len(rows):
        return 0 if not (near_liver & kidney).any() else 1
    # Each line that meets the border adds its own width.
    lines = np.nonzero((edge & near_liver & in_focus[:, None]).any(axis=0))[0]
    length = float(len(lines) * line_spacing_mm[int(np.median(rows))])
    return 1 + sum(length >= limit for limit in GRADE_FROM_MM)
