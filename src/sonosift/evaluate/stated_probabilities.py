"""How far a run's probabilities are from what they promise, as they are and with its temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonosift.evaluate.score_table import Calibration, ReliabilityRow
from sonosift.metrics.calibration import expected_calibration_error, reliability, tempered


def calibration_of(
    truth: NDArray[np.uint8],
    probabilities: NDArray[np.floating[Any]],
    temperature: float | None,
    *,
    one_answer: bool = False,
) -> Calibration:
    """Measure calibration over all labels of all frames; the rows are those of the probabilities to be shown.

    Args:
        truth: ``[n, classes]``.
        probabilities: as the network gave them.
        temperature: fitted on the validation part, if the run has one.
        one_answer: the probabilities of a frame sum to 1.
    """
    shown = probabilities if temperature is None else tempered(probabilities, temperature, one_answer=one_answer)
    rows = reliability(truth, shown)
    return Calibration(
        error=round(expected_calibration_error(truth, probabilities), 6),
        temperature=temperature,
        error_with_temperature=None if temperature is None else round(expected_calibration_error(truth, shown), 6),
        rows=[
            ReliabilityRow(stated=round(float(stated), 6), observed=round(float(observed), 6), count=int(count))
            for stated, observed, count in zip(*rows, strict=True)
        ],
    )
