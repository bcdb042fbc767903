"""Screens with a fan drawn from closed forms, with the text, grey bar and ruler that machines show beside it."""

import cv2
import numpy as np

HEIGHT, WIDTH = 480, 640


def sector(apex_x=320.0, apex_y=20.0, inner=40.0, outer=400.0, half_angle=0.55):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    radius, angle = np.hypot(x - apex_x, y - apex_y), np.arctan2(x - apex_x, y - apex_y)
    return (radius >= inner) & (radius <= outer) & (np.abs(angle) <= half_angle)


def rectangle(x0=200, y0=60, x1=460, y1=400):
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[y0:y1, x0:x1] = True
    return mask


def screen(mask, seed=0, text=True, level=60.0):
    """Speckle inside the mask, a name, figures, a grey bar and a ruler outside."""
    rng = np.random.default_rng(seed)
    speckle = cv2.GaussianBlur(rng.rayleigh(level, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 1.2)
    picture = np.where(mask, np.clip(speckle, 12, 255), 0).astype(np.uint8)
    if text:
        for line, words in enumerate(("MILLER, ANNA", "ID 0012345", "12.03.1960", "General Hospital")):
            cv2.putText(picture, words, (8, 22 + 18 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1)
        cv2.putText(picture, "TIs 0.4 MI 1.1", (500, 465), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1)
        picture[100:300, 615:627] = np.linspace(255, 0, 200).astype(np.uint8)[:, None]
        picture[60:440:40, 600:606] = 255
    return picture


def overlap(found, truth):
    return (found & truth).sum() / (found | truth).sum()


SHAPES = {
    "phased": sector(inner=2.0, half_angle=0.75, outer=380.0),
    "curvilinear": sector(apex_y=-30.0, inner=90.0, outer=450.0),
    "narrow": sector(half_angle=0.3),
    "beside the middle": sector(apex_x=380.0, outer=330.0),
    "linear": rectangle(),
    "cut by the screen": sector(half_angle=0.9, apex_y=-60.0, inner=80.0, outer=520.0) & rectangle(100, 0, 560, 470),
}
