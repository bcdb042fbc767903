"""RapidOCR as this house runs it: lines are found with OpenVINO and read with ONNX Runtime, and nobody is told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SMALLEST = 32
_USUAL_SIDES, _LARGE_SIDES = (160, 480, 640), 320


def text_engine(settings: dict[str, Any], threads: int, *, finds: bool = True) -> Any:
    """Build an engine whose models lie in RapidOCR's package: nothing is downloaded.

    Args:
        settings: RapidOCR's, over its defaults.
        threads: how many either half may use.
        finds: whether it is asked to find lines; without that it only reads lines that it is given.
    """
    from rapidocr import RapidOCR

    quiet: dict[str, Any] = {
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
    }
    engine: Any = RapidOCR(params=quiet | settings)
    if finds:
        # It loads its halves when they are first used.
        engine(np.zeros((_SMALLEST, _SMALLEST, 3), np.uint8), use_det=True, use_cls=False, use_rec=False)
        engine.text_det.session = _LineFinder(_model_of_finder(), threads)
    return engine


class _LineFinder:
    """The network that finds lines of text, in a third of ONNX Runtime's time.

    OpenVINO prepares itself anew for each size of picture, and keeps that: twenty sizes are a gigabyte. So pictures are
    filled up to one of few sizes with their mirror image. Lines to read have all widths: reading stays where it is.
    """

    def __init__(self, model: Path, threads: int) -> None:
        # Its package tells its makers of every import, unless that part of it cannot be found.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        from openvino import Core

        # Full precision: the same answers on processors that could do with less.
        how = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
        core = Core()
        self._request = core.compile_model(core.read_model(model), "CPU", how).create_infer_request()

    def __call__(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how likely each pixel belongs to text, ``[B, 1, H, W]``."""
        height, width = pictures.shape[2:]
        beyond = [(0, 0), (0, 0), (0, filled(height) - height), (0, filled(width) - width)]
        answer = self._request.infer([np.pad(pictures, beyond, mode="symmetric")])[0]
        return np.array(answer[..., :height, :width], dtype=np.float32)


def filled(side: int) -> int:
    """Return the side that a picture's side is filled up to.

    >>> [filled(side) for side in (32, 192, 480, 512, 640, 672)]
    [160, 480, 480, 640, 640, 960]
    """
    return next((usual for usual in _USUAL_SIDES if side <= usual), -(-side // _LARGE_SIDES) * _LARGE_SIDES)


def _model_of_finder() -> Path:
    import rapidocr

    return next((Path(rapidocr.__file__).parent / "models").glob("*det*.onnx"))
