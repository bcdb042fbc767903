"""Speckle in a fan and known text over it: what the tests of text removal hold their results against."""

import cv2
import numpy as np

HEIGHT, WIDTH = 300, 400


def fan():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    radius, angle = np.hypot(x - 200, y + 60), np.arctan2(x - 200, y + 60)
    return (radius >= 80) & (radius <= 350) & (np.abs(angle) <= 0.6)


def speckle(seed=0, brightness=70.0, grain=1.6):
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.rayleigh(1.0, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), grain)
    field = (field - field.mean()) / field.std()
    return np.where(fan(), np.clip(brightness + 18 * field, 5, 255), 0).astype(np.uint8)


def letters(text, corner, scale=0.6, thickness=1, upright=False):
    """Return the coverage of a text (0 to 1) with its baseline's left end at ``corner``."""
    sheet = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    if upright:
        turned = np.zeros((WIDTH, WIDTH), dtype=np.uint8)
        cv2.putText(turned, text, (10, 40), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness, cv2.LINE_AA)
        turned = np.rot90(turned[:60, :HEIGHT])
        x, y = corner
        part = turned[: HEIGHT - y, : WIDTH - x]
        sheet[y : y + part.shape[0], x : x + part.shape[1]] = part
    else:
        cv2.putText(sheet, text, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness, cv2.LINE_AA)
    return sheet.astype(np.float64) / 255


def written(picture, coverage, ink=230):
    return np.where(fan(), np.rint(picture * (1 - coverage) + ink * coverage), 0).astype(np.uint8)


def likeness(picture, coverage):
    """Return the correlation of a picture with the letters, in the letters' box and near it."""
    rows, columns = np.flatnonzero(coverage.any(axis=1)), np.flatnonzero(coverage.any(axis=0))
    box = np.s_[rows[0] - 4 : rows[-1] + 5, columns[0] - 4 : columns[-1] + 5]
    part = picture[box].astype(np.float64)
    smooth = cv2.GaussianBlur(part, (0, 0), 8)
    return float(np.corrcoef((part - smooth).ravel(), coverage[box].ravel())[0, 1])


def jpeg(picture, quality):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
