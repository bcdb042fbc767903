"""A small convolutional network that scores, for each 8 x 8 cell of a grey picture, whether it lies in writing.

It is computed with numpy alone, and its weights are plain numbers in ``independent_check_weights.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
CELL = 8
"""Side of a scored cell in pixels."""
WEIGHTS = Path(__file__).with_name("independent_check_weights.csv")


@dataclass(frozen=True)
class Layer:
    """One convolution; all but the last are followed by a rectifier."""

    inputs: int
    outputs: int
    side: int
    stride: int


LAYERS = (
    Layer(1, 8, 5, 2),
    Layer(8, 16, 3, 2),
    Layer(16, 16, 3, 1),
    Layer(16, 32, 3, 2),
    Layer(32, 16, 5, 1),
    Layer(16, 1, 1, 1),
)


def scores(picture: NDArray[np.uint8], weights: Sequence[tuple[Floats, Floats]] | None = None) -> Floats:
    """Return the log-odds of writing for each cell, ``[ceil(h / 8), ceil(w / 8)]``.

    A large picture is scored in bands, as no child has the memory for all of it at once.
    """
    flat = whole_cells(flattened(picture))
    height, width = flat.shape
    band = max(CELL, _PIXELS_AT_ONCE // width // CELL * CELL)
    parts = []
    for top in range(0, height, band):
        first = max(0, top - _SEES * CELL)
        scored = _scored(flat[first : top + band + _SEES * CELL], weights)
        parts.append(scored[(top - first) // CELL :][: band // CELL])
    return np.concatenate(parts)


def _scored(flat: Floats, weights: Sequence[tuple[Floats, Floats]] | None) -> Floats:
    values: Floats = flat[None]
    layers = list(zip(LAYERS, weights or shipped_weights(), strict=True))
    for number, (layer, (kernel, bias)) in enumerate(layers):
        values = _convolved(values, layer, kernel, bias)
        if number < len(layers) - 1:
            np.maximum(values, 0, out=values)
    return np.asarray(values[0], dtype=np.float32)


def flattened(picture: NDArray[np.uint8]) -> Floats:
    """Take off what is broad, so that only detail is judged, whatever the brightness."""
    values = picture.astype(np.float32)
    detail = values - cv2.blur(values, (_BROAD, _BROAD))
    return np.asarray(np.clip(detail / _USUAL_CONTRAST, -4, 4), dtype=np.float32)


def whole_cells(flat: Floats) -> Floats:
    """Fill up the last row and column of cells with nothing: cells cut short would be scored by the border alone."""
    height, width = flat.shape
    return np.pad(flat, ((0, -height % CELL), (0, -width % CELL)))


def _convolved(values: Floats, layer: Layer, kernel: Floats, bias: Floats) -> Floats:
    """Convolve ``[c, h, w]`` with zeros around it, as one matrix product over all windows."""
    margin = layer.side // 2
    channels, height, width = values.shape
    padded = np.zeros((channels, height + 2 * margin, width + 2 * margin), dtype=np.float32)
    padded[:, margin : margin + height, margin : margin + width] = values
    side, step = layer.side, layer.stride
    rows, columns = -(-height // step), -(-width // step)
    gathered = np.empty((channels, side, side, rows, columns), dtype=np.float32)
    for down in range(side):
        for right in range(side):
            gathered[:, down, right] = padded[
                :, down : down + step * rows : step, right : right + step * columns : step
            ]
    product = kernel.reshape(layer.outputs, -1) @ gathered.reshape(-1, rows * columns)
    product += bias[:, None]
    return np.asarray(product.reshape(layer.outputs, rows, columns))


@lru_cache(maxsize=1)
def shipped_weights() -> tuple[tuple[Floats, Floats], ...]:
    """Return the kernel ``[outputs, inputs, side, side]`` and the bias of each layer."""
    numbers: dict[tuple[int, str], list[float]] = {}
    with WEIGHTS.open(newline="") as handle:
        for layer, part, *values in csv.reader(handle):
            numbers[int(layer), part] = [float(value) for value in values]
    return tuple(
        (
            np.array(numbers[index, "kernel"], dtype=np.float32).reshape(
                layer.outputs, layer.inputs, layer.side, layer.side
            ),
            np.array(numbers[index, "bias"], dtype=np.float32),
        )
        for index, layer in enumerate(LAYERS)
    )


def write_weights(path: Path, weights: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> None:
    """Write what ``shipped_weights`` reads: a line per kernel and bias, four digits a number."""
    with path.open("w", newline="") as handle:
        table = csv.writer(handle, lineterminator="\n")
        for index, (kernel, bias) in enumerate(weights):
            table.writerow([index, "kernel", *(f"{value:.4g}" for value in kernel.ravel())])
            table.writerow([index, "bias", *(f"{value:.4g}" for value in bias.ravel())])


_PIXELS_AT_ONCE = 2_000_000
_SEES = 4
"""A cell's score depends on no pixel farther away than so many cells (28 pixels)."""
_BROAD = 25
_USUAL_CONTRAST = 40.0
