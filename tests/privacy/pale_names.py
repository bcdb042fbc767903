"""A pale name in thin letters, turned in any direction, on tissue whose grain is wider than its strokes."""

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from tests.privacy.speckled_fan import HEIGHT, WIDTH, fan, speckle

NAME = "PT YILMAZ"


def coverage_of(text, turn, size=11, middle=(200, 170)):
    """Return the coverage of a text in thin letters, turned by so many degrees about its middle."""
    face = ImageFont.load_default(size)
    sheet = Pillow.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(sheet).text(middle, text, font=face, fill=255, anchor="mm")
    return np.asarray(sheet.rotate(turn, center=middle, resample=Pillow.Resampling.BICUBIC)) / 255


def tissue(seed):
    return speckle(seed, brightness=55.0, grain=3.0)


def pale(picture, coverage, contrast=35.0):
    """Write in one grey: the mean of what is around, half its spread, and the contrast."""
    rows, columns = np.nonzero(coverage)
    around = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    ink = around.mean() + 0.5 * around.std() + contrast
    return np.where(fan(), np.rint(picture * (1 - coverage) + ink * coverage), 0).astype(np.uint8)
