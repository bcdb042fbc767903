"""From echo amplitudes to grey lines: speckle, electronic noise, log compression, the machine's grey curve."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sonosift.phantom.physics.arrays import ByteArray, ComplexArray, FloatArray, db_to_amplitude
from sonosift.phantom.physics.point_spread import PointSpread
from sonosift.phantom.physics.propagation import Echoes
from sonosift.phantom.physics.sections import enlarge
from sonosift.phantom.scanning.scanner import Scanner

# A smooth reflector is stronger than its scatterers by what the pulse and the beam sum up coherently.
_COHERENT_SHARE = 1.0
_HEADROOM_DB = 32.0


def envelope(
    echoes: Echoes, scatterers: ComplexArray, spread: PointSpread, noise: ComplexArray, noise_level: FloatArray
) -> FloatArray:
    """Return the envelope of the received lines.

    Args:
        echoes: Amplitudes on the coarse polar grid.
        scatterers: Complex scatterers of unit power on the fine polar grid.
        spread: Point-spread function on the fine grid.
        noise: Electronic noise of unit power, fine grid.
        noise_level: Amplitude of the noise at each fine depth.
    """
    shape = scatterers.shape
    field = scatterers * enlarge(echoes.diffuse, (shape[0], shape[1]))
    field += enlarge(echoes.coherent, (shape[0], shape[1])) * np.float32(_COHERENT_SHARE)
    received = spread.apply(field)
    received += noise * noise_level[:, None]
    return np.asarray(np.abs(received))


@dataclass(frozen=True)
class Compression:
    """Turns an envelope into grey values: ``gain_db`` moves it, the scanner's range and curve shape it."""

    scanner: Scanner
    gain_db: float

    def grey(self, envelope_db: FloatArray) -> ByteArray:
        """Return grey values of levels in dB."""
        scale = np.float32(255.0 / self.scanner.dynamic_range_db)
        offset = np.float32((self.gain_db + self.scanner.dynamic_range_db - _HEADROOM_DB) * scale)
        level = cv2.convertScaleAbs(np.maximum(envelope_db * scale + offset, 0.0))
        return np.asarray(cv2.LUT(level, self.scanner.grey_curve()), dtype=np.uint8)


def despeckled(envelope_db: FloatArray, scanner: Scanner) -> FloatArray:
    """Smooth the compressed lines as the speckle reduction of modern machines does."""
    if scanner.speckle_reduction <= 0:
        return envelope_db
    along, across = 1.6 * scanner.speckle_reduction, 0.9 * scanner.speckle_reduction
    return np.asarray(cv2.GaussianBlur(envelope_db, (0, 0), sigmaX=across, sigmaY=along), dtype=np.float32)


def decibel(amplitude: FloatArray) -> FloatArray:
    """Return 20 log10 of an amplitude, bounded below."""
    return np.asarray(np.float32(20.0 / np.log(10.0)) * np.log(amplitude + np.float32(1e-6)))


def gain_for(envelope_db: FloatArray, cell_area: FloatArray, scanner: Scanner, wanted_grey: float) -> float:
    """Return the gain that makes the mean grey of the fan ``wanted_grey``, as an operator would turn the knob.

    The knob ends 16 dB either side of its middle.
    """
    part = np.ascontiguousarray(envelope_db[::5, ::3])
    weight = cell_area[::5, ::3]
    low, high = -16.0, 16.0
    for _ in range(7):
        middle = (low + high) / 2.0
        grey = Compression(scanner, middle).grey(part)
        if float((grey * weight).sum() / weight.sum()) < wanted_grey:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def smoothed(image: ByteArray, scanner: Scanner) -> ByteArray:
    """Apply the machine's smoothing and edge enhancement to the finished image."""
    if scanner.smoothing_px > 0.2:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), scanner.smoothing_px), dtype=np.uint8)
    if scanner.sharpening > 0:
        soft = cv2.GaussianBlur(image, (0, 0), 1.5)
        image = np.asarray(cv2.addWeighted(image, 1 + scanner.sharpening, soft, -scanner.sharpening, 0), dtype=np.uint8)
    return image


def noise_amplitude(noise_db: float, compensation: FloatArray) -> FloatArray:
    """Return the amplitude of the electronic noise after compensation for depth."""
    return db_to_amplitude(np.float32(noise_db) + compensation)
