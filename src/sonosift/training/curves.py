"""The curves of a run for other programs: always as CSV, for TensorBoard on request."""

from __future__ import annotations

import csv
import io

from sonosift.cohort.run_folder import RunFolder
from sonosift.errors import SonosiftError
from sonosift.machine import atomic

CSV_NAME = "metrics.csv"
TENSORBOARD_FOLDER = "tensorboard"


def write_curves(run: RunFolder, *, tensorboard: bool = False) -> None:
    """Write every figure of ``metrics.jsonl`` as one table, a column per figure, empty where there was none."""
    rows = run.metrics()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    atomic.write_text(run.path / CSV_NAME, text.getvalue())
    if tensorboard:
        _for_tensorboard(run)


def _for_tensorboard(run: RunFolder) -> None:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise SonosiftError(
            "TensorBoard is not installed",
            "pip install 'sonosift[tensorboard]'; the curves are in metrics.csv all the same.",
        ) from error
    with SummaryWriter(str(run.path / TENSORBOARD_FOLDER)) as writer:
        for row in run.metrics():
            for name, value in row.items():
                if name != "step" and isinstance(value, (int, float)):
                    writer.add_scalar(name, value, int(row["step"]))
