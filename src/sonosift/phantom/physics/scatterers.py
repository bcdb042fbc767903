"""Scatterers that belong to the body: complex noise in a periodic block of tissue, looked up where the beam passes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sonosift.phantom.physics.arrays import ComplexArray, FloatArray, Vector

# Powers of two, so that wrapping around is a bit mask.
_AXIAL, _LATERAL, _ELEVATION = 256, 128, 64
_TAPS = 4
_FRACTIONS = 32


@lru_cache(maxsize=1)
def _block() -> ComplexArray:
    """Return circular Gaussian noise of unit power ``[lateral, axial, elevation + padding]``, flattened."""
    rng = np.random.default_rng(20_240_601)
    shape = (_LATERAL, _AXIAL, _ELEVATION)
    block = rng.standard_normal((*shape, 2), dtype=np.float32) * np.float32(np.sqrt(0.5))
    whole = block.view(np.complex64)[..., 0]
    return np.ascontiguousarray(np.concatenate([whole, whole[..., :_TAPS]], axis=-1).reshape(-1))


@dataclass(frozen=True)
class ScattererField:
    """The scatterers of a body as one exam sees them.

    The block is laid along the view's own axes (a fixed linear map of body coordinates), with cells as large as the
    samples of the beam: a moving probe or a breathing patient therefore meets the same scatterers again.

    Attributes:
        to_cells: Rows are the lateral, axial and elevation axes over the cell lengths (cells per mm).
        origin: Offset in cells, the body's own.
        elevation_sigma: Half thickness of the slice as a standard deviation in cells.
    """

    to_cells: Vector
    origin: Vector
    elevation_sigma: float

    def weights(self) -> FloatArray:
        """Return the weights of the elevation cells ``[fraction, tap]``, each row with unit energy."""
        fraction = (np.arange(_FRACTIONS) + 0.5) / _FRACTIONS
        centres = np.arange(_TAPS)[None, :] - 1.0
        profile = np.exp(-np.square((centres - fraction[:, None]) / self.elevation_sigma) / 2.0)
        return np.asarray(profile / np.sqrt(np.square(profile).sum(axis=1, keepdims=True)), dtype=np.float32)

    def sample(self, x: FloatArray, y: FloatArray, z: FloatArray) -> ComplexArray:
        """Return the summed scatterers of the slice at body points, of unit power."""
        rows = self.to_cells.astype(np.float32)
        shift = self.origin.astype(np.float32)
        lateral, axial, elevation = (rows[i, 0] * x + rows[i, 1] * y + rows[i, 2] * z + shift[i] for i in range(3))
        floor = np.floor(elevation)
        fraction = ((elevation - floor) * np.float32(_FRACTIONS)).astype(np.int32)
        start = (np.floor(lateral).astype(np.int32) & (_LATERAL - 1)) * _AXIAL
        start += np.floor(axial).astype(np.int32) & (_AXIAL - 1)
        start *= _ELEVATION + _TAPS
        start += floor.astype(np.int32) & (_ELEVATION - 1)
        block, weights = _block(), self.weights()
        total: ComplexArray = block.take(start)
        total *= weights[:, 0].take(fraction)
        for tap in range(1, _TAPS):
            start += 1
            part = block.take(start)
            part *= weights[:, tap].take(fraction)
            total += part
        return total


def scatterer_field(
    seed: int, lateral: Vector, axial: Vector, elevation: Vector, cell_mm: tuple[float, float, float], slice_mm: float
) -> ScattererField:
    """Lay the block of scatterers along a view's axes.

    Args:
        seed: The body's own number.
        lateral: Unit vector across the lines in body coordinates.
        axial: Unit vector along the middle line.
        elevation: Unit vector across the plane.
        cell_mm: Cell lengths along these three.
        slice_mm: Thickness of the slice (full width at half maximum).
    """
    rng = np.random.default_rng([seed, 77])
    # A slight skew makes a sweep cross the cells one after the other, not all at once.
    axes = np.stack([lateral, axial, elevation + 0.23 * axial + 0.31 * lateral])
    axes[2] /= np.linalg.norm(axes[2])
    origin = rng.uniform(0, 1, 3) * np.array([_LATERAL, _AXIAL, _ELEVATION])
    return ScattererField(axes / np.asarray(cell_mm)[:, None], origin, slice_mm / 2.3548 / cell_mm[2])


@lru_cache(maxsize=1)
def _smooth_block() -> FloatArray:
    """Return real noise of unit variance, smooth over two cells, periodic, ``64^3`` flattened."""
    rng = np.random.default_rng(20_240_602)
    noise = rng.standard_normal((64, 64, 64)).astype(np.float32)
    frequency = np.fft.fftfreq(64)
    squared = sum(np.square(f) for f in np.meshgrid(frequency, frequency, frequency, indexing="ij"))
    smooth = np.fft.ifftn(np.fft.fftn(noise) * np.exp(-2.0 * np.square(np.pi * 1.1) * squared)).real
    return np.ascontiguousarray((smooth / smooth.std()).astype(np.float32).reshape(-1))


def smooth_noise(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """Look up slow noise at coordinates in cells (nearest cell, periodic over 64)."""
    index = (np.floor(a).astype(np.int32) & 63) * 64
    index += np.floor(b).astype(np.int32) & 63
    index *= 64
    index += np.floor(c).astype(np.int32) & 63
    return _smooth_block().take(index)
