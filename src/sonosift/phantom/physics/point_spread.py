"""The point-spread function: a Gaussian pulse along the line, a Gaussian beam across it that is narrowest in focus."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sonosift.phantom.physics.arrays import ComplexArray, FloatArray

SPEED_MM_PER_US = 1.54
_FWHM_PER_SIGMA = 2.3548


@dataclass(frozen=True)
class PointSpread:
    """How a point scatterer looks at each depth.

    Attributes:
        axial_sigma: Standard deviation along the line, in samples.
        lateral_sigma: Standard deviation across the lines at each depth, in lines.
        lateral_fwhm_mm: Full width at half maximum at each depth.
    """

    axial_sigma: float
    lateral_sigma: FloatArray
    lateral_fwhm_mm: FloatArray

    def axial_kernel(self) -> FloatArray:
        """Return the pulse with unit energy."""
        return _kernel(self.axial_sigma, max(1, int(np.ceil(3.0 * self.axial_sigma))))

    def lateral_kernels(self) -> FloatArray:
        """Return the beam profile at each depth ``[depth, tap]`` with unit energy."""
        half = max(1, int(np.ceil(2.6 * float(self.lateral_sigma.max()))))
        taps = np.arange(-half, half + 1)
        profile = np.exp(-np.square(taps[None, :] / self.lateral_sigma[:, None]) / 2.0)
        return np.asarray(profile / np.sqrt(np.square(profile).sum(axis=1, keepdims=True)), dtype=np.float32)

    def apply(self, scatterers: ComplexArray) -> ComplexArray:
        """Convolve complex scatterer amplitudes ``[depth, line]``; white noise keeps its power."""
        pair = scatterers.view(np.float32).reshape(*scatterers.shape, 2)
        vertical = self.axial_kernel()
        pair = np.asarray(
            cv2.sepFilter2D(pair, -1, np.ones(1, np.float32), vertical, borderType=cv2.BORDER_REFLECT_101),
            dtype=np.float32,
        )
        along = pair.reshape(scatterers.shape[0], -1)
        kernels = self.lateral_kernels()
        half = kernels.shape[1] // 2
        lines = scatterers.shape[1]
        padded = np.concatenate(
            [pair[:, half:0:-1].reshape(len(along), -1), along, pair[:, -2 : -half - 2 : -1].reshape(len(along), -1)],
            axis=1,
        )
        result = along * kernels[:, half, None]
        scratch = np.empty_like(result)
        for tap in range(half):
            # The profile is symmetric: one multiplication serves both sides.
            left = padded[:, 2 * tap : 2 * (tap + lines)]
            right = padded[:, 2 * (2 * half - tap) : 2 * (2 * half - tap + lines)]
            np.add(left, right, out=scratch)
            scratch *= kernels[:, tap, None]
            result += scratch
        return result.view(np.complex64)


def lateral_fwhm(depths_mm: FloatArray, wavelength_mm: float, aperture_mm: float, focus_mm: float) -> FloatArray:
    """Return the beam's full width at half maximum: wavelength x focus / aperture at the focus, wider elsewhere.

    A Gaussian beam widens with the square root of 1 + (distance from focus / z_R)^2. Before the focus, dynamic
    receive focusing halves the defocus.
    """
    f_number = focus_mm / aperture_mm
    rayleigh_mm = 4.0 * wavelength_mm * f_number**2
    away = np.where(depths_mm < focus_mm, 0.5, 1.0) * (depths_mm - focus_mm) / rayleigh_mm
    return np.asarray(wavelength_mm * f_number * np.sqrt(1.0 + np.square(away)), dtype=np.float32)


def point_spread(
    depths_mm: FloatArray,
    line_spacing_mm: FloatArray,
    *,
    centre_mhz: float,
    cycles: float,
    aperture_mm: float,
    focus_mm: float,
) -> PointSpread:
    """Build the point-spread function of a probe on a polar grid.

    Widths are bounded to what the grid can hold: at least 0.6 samples, at most 4 lines.
    """
    wavelength = SPEED_MM_PER_US / centre_mhz
    step = float(depths_mm[1] - depths_mm[0])
    axial = max(cycles * wavelength / _FWHM_PER_SIGMA / step, 0.6)
    width = lateral_fwhm(depths_mm, wavelength, aperture_mm, focus_mm)
    lateral = np.clip(width / _FWHM_PER_SIGMA / line_spacing_mm, 0.6, 4.0)
    return PointSpread(axial, np.asarray(lateral, dtype=np.float32), width)


def _kernel(sigma: float, half: int) -> FloatArray:
    profile = np.exp(-np.square(np.arange(-half, half + 1) / sigma) / 2.0)
    return np.asarray(profile / np.sqrt(np.square(profile).sum()), dtype=np.float32)
