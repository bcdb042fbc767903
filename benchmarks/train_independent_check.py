"""Trains the small network of the independent check on simulated writing and simulated tissue, by a seed.

Run: ``sonosift phantom HOSPITAL --patients 30 --seed 5``, then
``python benchmarks/train_independent_check.py HOSPITAL WEIGHTS.csv`` (three minutes on one core). The weights that ship
were written with its defaults; the digits depend on the processor and on the simulator's version.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from glyph_rows import (
    FAMILIES,
    draw_flow,
    draw_layers,
    draw_sharp_things,
    lay_over,
    lay_pale,
    random_words,
    recorded,
    written,
)
from numpy.typing import NDArray
from phantom_clips import phantom_clips
from torch import nn
from torch.nn import functional as F

from sonosift.privacy.independent_check_network import LAYERS, flattened, whole_cells, write_weights

SIDE = 96
CELL = 8
Pixels = NDArray[np.uint8]
_NEAR, _IN_A_CELL, _BRIGHT_ENOUGH = 10, 0.3, 60


def tissue_pictures(hospital: Path, every: int) -> list[tuple[Pixels, Pixels]]:
    """Return the simulated pictures that nobody wrote on, black outside their fans, with the fans."""
    pictures = []
    for clip in phantom_clips(hospital, most_frames=1, every=every):
        if clip.fan is None or any(text[5] for text in clip.texts):
            continue
        rows, columns = np.flatnonzero(clip.fan.any(1)), np.flatnonzero(clip.fan.any(0))
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        pictures.append((np.where(clip.fan, clip.frames[0].grey, 0)[box].astype(np.uint8), clip.fan[box]))
    return pictures


def speckle(rng: np.random.Generator) -> Pixels:
    """Return tissue of any grain: Rayleigh noise, blurred more to the sides than in depth, log-compressed."""
    noise = rng.normal(size=(2, SIDE + 32, SIDE + 32)).astype(np.float32)
    across, along = rng.uniform(0.5, 4.0), rng.uniform(0.4, 2.0)
    echoes = np.hypot(*(cv2.GaussianBlur(part, (0, 0), across, sigmaY=along) for part in noise))[16:-16, 16:-16]
    field = cv2.resize(rng.normal(0, 1, (5, 5)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    decibels = 20 * np.log10(echoes / echoes.mean() + 1e-3) + field * rng.uniform(0, 12)
    grey = rng.uniform(20, 170) + decibels * rng.uniform(2, 6)
    return np.clip(grey, 0, 255).astype(np.uint8)


def tissue(pictures: list[tuple[Pixels, Pixels]], rng: np.random.Generator) -> Pixels:
    """Cut a patch out of a picture at any scale, or make one of speckle, at times with an edge of the fan."""
    if rng.random() < 0.3:
        patch = speckle(rng)
        if rng.random() < 0.25:
            edge = np.zeros((SIDE, SIDE), dtype=np.uint8)
            middle, radius = rng.integers(-200, 300, 2).tolist(), int(rng.integers(60, 300))
            cv2.circle(edge, tuple(middle), radius, 1, cv2.FILLED)
            patch = np.where(edge > 0, patch, 0).astype(np.uint8)
        return patch
    picture, _ = pictures[int(rng.integers(len(pictures)))]
    scale = float(np.exp(rng.uniform(np.log(0.4), np.log(1.8))))
    side = min(round(SIDE / scale), *picture.shape)
    y, x = (int(rng.integers(0, length - side + 1)) for length in picture.shape)
    cut = picture[y : y + side, x : x + side]
    method = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    patch = cv2.resize(cut, (SIDE, SIDE), interpolation=method).astype(np.float32)
    if rng.random() < 0.5:
        patch = patch[:, ::-1]
    if rng.random() < 0.4:
        patch = 255 * (patch / 255) ** rng.uniform(0.5, 1.6) * rng.uniform(0.7, 1.3)
    if rng.random() < 0.25:
        patch = patch + rng.uniform(0.5, 2.5) * (patch - cv2.GaussianBlur(patch, (0, 0), 1.2))
    return np.clip(patch, 0, 255).astype(np.uint8)


def mended(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Do to a patch what a cleaner does where writing stood."""
    height = int(rng.integers(8, 24))
    hole = np.zeros_like(picture)
    y, x = int(rng.integers(0, SIDE - height)), int(rng.integers(-20, SIDE - 10))
    ink = written(random_words(rng), height, int(rng.integers(FAMILIES))) > 0.1
    grown = cv2.dilate(ink.astype(np.uint8), np.ones((int(rng.integers(2, 6)),) * 2))
    if rng.random() < 0.4:
        grown[...] = 1
    part = hole[y : y + grown.shape[0], max(0, x) : max(0, x + grown.shape[1])]
    part[...] = grown[: part.shape[0], max(0, -x) : max(0, -x) + part.shape[1]]
    method = cv2.INPAINT_TELEA if rng.random() < 0.8 else cv2.INPAINT_NS
    return cv2.inpaint(picture, hole, int(rng.integers(2, 6)), method).astype(np.uint8)


def example(pictures: list[tuple[Pixels, Pixels]], rng: np.random.Generator) -> tuple[Pixels, NDArray[np.float32]]:
    """Return a patch and its cells: 1 in writing, 0 away from it, NaN between."""
    patch = tissue(pictures, rng)
    if rng.random() < 0.3:
        patch = mended(patch, rng)
    if rng.random() < 0.12:
        patch = draw_flow(patch, rng)
    if rng.random() < 0.12:
        patch = draw_layers(patch, rng)
    while rng.random() < 0.3:
        patch = draw_sharp_things(patch, rng)
    cells = np.zeros((SIDE // CELL, SIDE // CELL), dtype=np.float32)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 3))):
            patch = with_a_line(patch, cells, rng)
    return recorded(patch, rng), cells


def with_a_line(patch: Pixels, cells: NDArray[np.float32], rng: np.random.Generator) -> Pixels:
    """Write a line on the patch, in any direction, and note it in its cells."""
    height = int(rng.integers(7, 21)) if rng.random() < 0.65 else int(rng.integers(5, 9))
    level = narrowed(written(random_words(rng), height, int(rng.integers(FAMILIES))), rng)
    turn = float(rng.choice([0, 90])) if rng.random() < 0.75 else float(rng.uniform(-90, 90))
    ink = slanted(level, turn)
    x = int(rng.integers(-ink.shape[1] // 2, max(1, SIDE - ink.shape[1] // 2)))
    y = int(rng.integers(-ink.shape[0] // 2, max(1, SIDE - ink.shape[0] // 2)))
    kind = rng.random()
    if kind < 0.5:
        patch, box = lay_pale(patch, ink, x, y, float(rng.uniform(22, 60)))
    elif kind < 0.6 and patch.mean() > _BRIGHT_ENOUGH:
        patch, box = lay_dark(patch, ink, x, y, float(rng.uniform(25, 70)))
    else:
        patch, box = lay_over(patch, ink, x, y, rng, contrast=float(rng.uniform(35, 60)))
    x0, y0, x1, y1 = box
    if x1 - x0 < 6 or y1 - y0 < 6:
        return patch
    line = np.zeros(patch.shape, dtype=np.uint8)
    line[y0:y1, x0:x1] = slanted(np.ones_like(level), turn)[y0 - y : y1 - y, x0 - x : x1 - x] > 0.5
    near = _shares(cv2.dilate(line, np.ones((2 * _NEAR + 1, 2 * _NEAR + 1)))) > 0
    inside = _shares(line) > _IN_A_CELL
    short = line.sum() < 2.2 * height * height  # a letter or two at the border of the patch
    cells[near & (cells == 0)] = np.nan
    cells[inside] = np.nan if short else 1.0
    if not short and turn in (0, 90) and rng.random() < 0.15:
        patch, gone = partly_erased(patch, box, rng)
        cells[(_shares(gone) > 0) & (cells == 1)] = np.nan
    return patch


def slanted(ink: NDArray[np.float32], turn: float) -> NDArray[np.float32]:
    """Turn ink by so many degrees."""
    if turn in (0, 90):
        return np.ascontiguousarray(np.rot90(ink, round(turn / 90)))
    height, width = ink.shape
    cosine, sine = abs(np.cos(np.deg2rad(turn))), abs(np.sin(np.deg2rad(turn)))
    wide, high = int(width * cosine + height * sine) + 2, int(width * sine + height * cosine) + 2
    way = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    way[:, 2] += (wide - width) / 2, (high - height) / 2
    return np.asarray(cv2.warpAffine(ink, way, (wide, high)), dtype=np.float32)


def lay_dark(
    picture: Pixels, ink: NDArray[np.float32], x: int, y: int, contrast: float
) -> tuple[Pixels, tuple[int, int, int, int]]:
    """Lay the ink on in one grey a little below what lies around."""
    negative, box = lay_pale(255 - picture, ink, x, y, contrast)
    return 255 - negative, box


def _shares(marks: NDArray[Any]) -> NDArray[np.float64]:
    """Return which share of each cell is marked."""
    cells = SIDE // CELL
    return np.asarray(marks.reshape(cells, CELL, cells, CELL).mean(axis=(1, 3)))


def narrowed(ink: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Make some lines narrower or wider, as machines do with their letters."""
    if rng.random() < 0.5:
        return ink
    width = max(2, round(ink.shape[1] * rng.uniform(0.75, 1.2)))
    return np.asarray(cv2.resize(ink, (width, len(ink)), interpolation=cv2.INTER_AREA), dtype=np.float32)


def partly_erased(
    patch: Pixels, box: tuple[int, int, int, int], rng: np.random.Generator
) -> tuple[Pixels, NDArray[np.bool_]]:
    """Paint over a part of a line, as a cleaner that found only some of its letters does; also return where."""
    x0, y0, x1, y1 = box
    gone = np.zeros(patch.shape, dtype=bool)
    share = rng.uniform(0.15, 0.5)
    if x1 - x0 >= y1 - y0:
        length = int(share * (x1 - x0))
        first = int(rng.integers(x0, x1 - length + 1))
        gone[y0:y1, first : first + length] = True
    else:
        length = int(share * (y1 - y0))
        first = int(rng.integers(y0, y1 - length + 1))
        gone[first : first + length, x0:x1] = True
    return cv2.inpaint(patch, gone.astype(np.uint8), 3, cv2.INPAINT_TELEA).astype(np.uint8), gone


def turned(patch: Pixels, cells: NDArray[np.float32], rng: np.random.Generator) -> tuple[Pixels, NDArray[np.float32]]:
    """Return the example as it is or upside down, mirrored or not, at times cut: letters stay rows of strokes."""
    down, right = rng.choice([1, -1], 2)
    patch = patch[::down, ::right]
    if rng.random() < 0.4:  # a picture rarely ends where a cell does
        patch = patch[: SIDE - int(rng.integers(CELL)), : SIDE - int(rng.integers(CELL))]
    return np.ascontiguousarray(patch), np.ascontiguousarray(cells[::down, ::right])


class Network(nn.Module):
    """The network as torch sees it; ``independent_check_network`` computes the same with numpy."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(layer.inputs, layer.outputs, layer.side, layer.stride, layer.side // 2) for layer in LAYERS
        )

    def forward(self, flat: torch.Tensor) -> torch.Tensor:
        """Return the log-odds of each cell, ``[n, h / 8, w / 8]``."""
        values = flat
        for layer in self.layers[:-1]:
            values = F.relu(layer(values))
        return self.layers[-1](values)[:, 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hospital", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--examples", type=int, default=14_000, help="drawn once, then used turned and mirrored")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=2, help="only each so many files of the hospital")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    pictures = tissue_pictures(options.hospital, options.every)
    print(f"{len(pictures)} pictures", flush=True)
    pool = [example(pictures, rng) for _ in range(options.examples)]
    print(f"{len(pool)} examples", flush=True)
    network = Network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, options.steps)
    started, losses = time.time(), []
    for step in range(1, options.steps + 1):
        chosen = rng.integers(len(pool), size=options.batch)
        patches, cells = zip(*(turned(*pool[number], rng) for number in chosen), strict=True)
        inputs = torch.from_numpy(np.stack([whole_cells(flattened(patch)) for patch in patches]))[:, None]
        wanted = torch.from_numpy(np.stack(cells))
        known = ~wanted.isnan()
        scores = network(inputs)
        loss = F.binary_cross_entropy_with_logits(scores[known], wanted[known])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 100 == 0:
            print(f"{step} loss {np.mean(losses[-100:]):.4f} {time.time() - started:.0f} s", flush=True)
            write_weights(options.weights, _arrays(network))


def _arrays(network: Network) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    return [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in network.layers]


if __name__ == "__main__":
    main()
