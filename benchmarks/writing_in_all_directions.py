"""How much writing is found that stands upright, slants, is faint, stacked, cut or dark: by the cleaner and the check.

    sonosift phantom hospital --patients 6 --seed 5 --clean-pictures
    python -m benchmarks.writing_in_all_directions hospital

Names and numbers of the simulated hospital are written with its own letters onto its pictures as they are under the
overlays, three on each. **Whole**: at least 95 % of a text's ink in the fan is painted over. **Doubted**: the
independent check doubts the picture with this text alone, before any cleaning. **Left**: neither painted over whole
nor doubted after cleaning, so that it would be in a cohort. ``--ocr`` adds how many RapidOCR, as it comes, reads
before any cleaning.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.phantom_clips import drawn_fan
from benchmarks.privacy import alike, lines_read
from sonosift.phantom.screen.screen_fonts import Font, letters
from sonosift.privacy.clip_cleaner import ClipCleaner
from sonosift.privacy.independent_check import doubt_about

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

TEXTS_ON_A_PICTURE, TRIES = 3, 60
WHOLE = 0.95
FAMILIES = ("smooth", "bold", "narrow", "plotter")
WHITE = None


@dataclass(frozen=True)
class Case:
    """One kind of writing.

    Attributes:
        turn: Degrees against the clock.
        contrast: Grey levels above the mean of what is behind plus half its spread; below it if negative; or white.
        sizes: Of the letters, in pixels of a line.
        stacked: Whether upright letters stand one below the other.
        cut: Whether the fan's edge goes through the line.
        between_calipers: Whether two crosses and a dotted line lie over it.
        on_a_plate: Whether dark letters stand on a bright plate.
    """

    turn: float = 0.0
    contrast: float | None = 35.0
    sizes: tuple[int, int] = (11, 16)
    stacked: bool = False
    cut: bool = False
    between_calipers: bool = False
    on_a_plate: bool = False


CASES: dict[str, Case] = {
    **{f"pale, {turn} degrees": Case(turn) for turn in (0, 90, 180, 270)},
    **{f"paler, {turn} degrees": Case(turn, 22.0) for turn in (0, 90, 180, 270)},
    **{f"white, {turn} degrees": Case(turn, WHITE) for turn in (0, 90, 180, 270)},
    **{f"pale, slanting by {turn}": Case(turn) for turn in (10, 30, 60)},
    **{f"white, slanting by {turn}": Case(turn, WHITE) for turn in (10, 30, 60)},
    "pale, stacked": Case(stacked=True),
    "white, stacked": Case(contrast=WHITE, stacked=True),
    "pale, small, level": Case(sizes=(8, 10)),
    "pale, small, upright": Case(90, sizes=(8, 10)),
    "white, small, upright": Case(90, WHITE, sizes=(8, 10)),
    "pale, large, upright": Case(90, sizes=(22, 34)),
    "pale, cut by the fan, level": Case(cut=True),
    "pale, cut by the fan, upright": Case(90, cut=True),
    "white, cut by the fan, upright": Case(90, WHITE, cut=True),
    "pale, calipers over it, level": Case(between_calipers=True),
    "pale, calipers over it, upright": Case(90, between_calipers=True),
    "dark, level": Case(contrast=-50.0),
    "dark, upright": Case(90, -50.0),
    "dark on a plate, level": Case(on_a_plate=True),
    "dark on a plate, upright": Case(90, on_a_plate=True),
}


@dataclass(frozen=True)
class Written:
    """A text on a picture: what it says, where, and its ink in the crop."""

    text: str
    box: Box
    ink: Mask


def grounds(hospital: Path, count: int) -> Iterator[tuple[Image, Mask]]:
    """Yield pictures as they are under the overlays, whole, and their fans; none that the check doubts."""
    rows = pl.read_parquet(hospital / "truth" / "frames.parquet").filter(
        (pl.col("kind") == "scan") & ~pl.col("is_doppler") & (pl.col("member") == "") & (pl.col("index_in_clip") == 0)
    )
    rows = rows.filter(~pl.col("file").str.contains("\\x", literal=True)).sample(fraction=1.0, shuffle=True, seed=0)
    for row in rows.iter_rows(named=True):
        with np.load(hospital / "truth" / "clean" / f"{row['file']}.npz") as arrays:
            picture = np.asarray(arrays["frames"][0])
        fan = drawn_fan(json.loads(row["fan"]), *picture.shape)
        window = np.s_[slice(*_extent(fan.any(1))), slice(*_extent(fan.any(0)))]
        if doubt_about([np.where(fan, picture, 0)[window].astype(np.uint8)], fan[window]) is None:
            count -= 1
            yield picture, fan
        if not count:
            return


def _extent(line: Mask) -> tuple[int, int]:
    places = np.flatnonzero(line)
    return int(places[0]), int(places[-1]) + 1


def ink_of(text: str, case: Case, rng: np.random.Generator) -> Image:
    """Return the coverage of a text, turned."""
    font = Font(FAMILIES[int(rng.integers(len(FAMILIES)))], int(rng.integers(case.sizes[0], case.sizes[1] + 1)))
    if case.stacked:
        signs = [letters(sign, font) for sign in text if sign != " "]
        width, gap = max(sign.shape[1] for sign in signs), max(2, font.size // 4)
        rows = [np.pad(s, ((0, gap), ((width - s.shape[1]) // 2, -(-(width - s.shape[1]) // 2)))) for s in signs]
        return np.concatenate(rows)[:-gap]
    ink = np.asarray(letters(text, font))
    if case.turn % 90 == 0:
        return np.ascontiguousarray(np.rot90(ink, round(case.turn / 90)))
    height, width = ink.shape
    angle = np.deg2rad(case.turn)
    wide = int(abs(width * np.cos(angle)) + abs(height * np.sin(angle))) + 2
    high = int(abs(width * np.sin(angle)) + abs(height * np.cos(angle))) + 2
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), case.turn, 1.0)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    return np.asarray(cv2.warpAffine(ink, turn, (wide, high)), dtype=np.uint8)


def write(picture: Image, fan: Mask, taken: Mask, text: str, case: Case, rng: np.random.Generator) -> Written | None:
    """Write a text onto the picture at a free place; None where there is none."""
    cover = ink_of(text, case, rng)
    high, wide = cover.shape
    rows, columns = np.nonzero(fan)
    for _ in range(TRIES):
        spot = int(rng.integers(len(rows)))
        x, y = int(columns[spot]) - wide // 2, int(rows[spot]) - high // 2
        box = (x, y, x + wide, y + high)
        place = np.s_[y : y + high, x : x + wide]
        if min(x, y) < 8 or x + wide + 8 > picture.shape[1] or y + high + 8 > picture.shape[0] or taken[place].any():
            continue
        inside = float(fan[place][cover > 0].mean())
        if not (0.4 < inside < 0.8 if case.cut else inside == 1.0):
            continue
        behind = picture[place][fan[place]].astype(float)
        share = cover / 255
        if case.on_a_plate:
            picture[y - 3 : y + high + 3, x - 4 : x + wide + 4] = 200
            level = 20.0
        elif case.contrast is None:
            level = 255.0
        elif case.contrast > 0:
            level = min(230.0, behind.mean() + 0.5 * behind.std() + case.contrast)
        else:
            level = behind.mean() - 0.5 * behind.std() + case.contrast
            if level < 0:
                continue
        picture[place] = np.rint(picture[place] * (1 - share) + level * share)
        if case.between_calipers:
            _measure(picture, box)
        taken[max(0, y - 40) : y + high + 40, max(0, x - 40) : x + wide + 40] = True
        ink = np.zeros(fan.shape, dtype=bool)
        ink[place] = cover > 100
        return Written(text, box, ink & fan)
    return None


def _measure(picture: Image, box: Box) -> None:
    x0, y0, x1, y1 = box
    for x, y in ((x0 - 4, y0 + 2), (x1 + 4, y1 - 2)):
        cv2.line(picture, (x - 5, y), (x + 5, y), 255)
        cv2.line(picture, (x, y - 5), (x, y + 5), 255)
    for part in np.arange(0.0, 1.0, 7 / max(7.0, float(np.hypot(x1 - x0, y1 - y0)))):
        picture[round(y0 + part * (y1 - y0)), round(x0 + part * (x1 - x0))] = 255


@dataclass
class Counts:
    """What became of the texts of one case."""

    texts: int = 0
    whole: int = 0
    doubted: int = 0
    left: int = 0
    read: int = 0

    def row(self, name: str, ocr: bool) -> str:
        """Return a line of the table."""
        shares = [f"{100 * count / max(1, self.texts):.0f} %" for count in (self.whole, self.doubted)]
        return f"| {' | '.join([name, str(self.texts), *shares, str(self.left), *([str(self.read)] if ocr else [])])} |"


def judge(case: Case, ground: Image, fan: Mask, names: list[str], rng: np.random.Generator, ocr: bool) -> Counts:
    """Write on one picture, clean it, and look at what became of each text."""
    counts = Counts()
    picture, taken = ground.copy(), np.zeros(fan.shape, dtype=bool)
    texts = [write(picture, fan, taken, str(rng.choice(names)), case, rng) for _ in range(TEXTS_ON_A_PICTURE)]
    if rng.random() < 0.5:
        _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
        picture = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    (y0, y1), (x0, x1) = _extent(fan.any(1)), _extent(fan.any(0))
    window = np.s_[y0:y1, x0:x1]
    mask = fan[window]
    bare, crop = (np.where(mask, whole[window], 0).astype(np.uint8) for whole in (ground, picture))
    overlay = ClipCleaner().study([crop], mask, picture, (x0, y0))
    cleaned = np.where(mask, overlay.clean(0, crop), 0).astype(np.uint8)
    painted = overlay.altered(0)
    lines = list(lines_read(crop)) if ocr else []
    for text in texts:
        if text is None:
            continue
        a, b, c, d = text.box
        part = np.s_[max(0, b - y0 - 12) : max(0, d - y0 + 12), max(0, a - x0 - 12) : max(0, c - x0 + 12)]
        before, after = bare.copy(), bare.copy()
        before[part], after[part] = crop[part], cleaned[part]
        whole = float(painted[text.ink[window]].mean()) >= WHOLE
        counts.texts += 1
        counts.whole += whole
        counts.doubted += doubt_about([before], mask) is not None
        counts.left += not whole and doubt_about([after], mask) is None
        counts.read += any(alike(text.text, line) for line, _ in lines)
    return counts


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hospital", type=Path)
    parser.add_argument("--pictures", type=int, default=10, help="of each case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ocr", action="store_true", help="also count what RapidOCR reads before any cleaning")
    parser.add_argument("--only", default="", help="cases whose names hold this")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    planted = pl.read_csv(options.hospital / "truth" / "identities.csv", infer_schema=False)
    names = sorted({token for token in planted.filter(pl.col("kind").is_in(["name", "id"]))["token"]
                    if 5 <= len(token) <= 14 and token.isascii()})  # fmt: skip
    pictures = list(grounds(options.hospital, options.pictures))
    print(f"| writing | texts | whole | doubted | left |{' read |' if options.ocr else ''}")
    print(f"|---|---|---|---|---|{'---|' if options.ocr else ''}")
    total = Counts()
    for number, (name, case) in enumerate(CASES.items()):
        if options.only not in name:
            continue
        rng, sums = np.random.default_rng([options.seed, number]), Counts()
        for ground, fan in pictures:
            found = judge(case, ground, fan, names, rng, options.ocr)
            for counts in (sums, total):
                for field in vars(counts):
                    setattr(counts, field, getattr(counts, field) + getattr(found, field))
        print(sums.row(name, options.ocr), flush=True)
    print(total.row("all", options.ocr))


if __name__ == "__main__":
    main()
