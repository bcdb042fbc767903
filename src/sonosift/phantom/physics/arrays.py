"""The array types that the phantom passes around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
ByteArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
ComplexArray = NDArray[np.complex64]
Vector = NDArray[np.float64]


def unit(*components: float) -> Vector:
    """Return the vector of length one in the direction of ``components``."""
    vector = np.asarray(components, dtype=np.float64)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)


def db_to_amplitude(decibel: FloatArray) -> FloatArray:
    """Turn decibels into an amplitude ratio (20 dB is a factor of ten)."""
    return np.asarray(np.exp(decibel * np.float32(np.log(10.0) / 20.0)))
