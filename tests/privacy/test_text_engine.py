"""The engine that finds text: the same lines as RapidOCR on ONNX Runtime, and no word to the makers of OpenVINO."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
from rapidocr import RapidOCR

from sonosift.privacy.text_engine import text_engine

SETTINGS = {"Det.limit_type": "max", "Det.limit_side_len": 640, "Global.log_level": "critical"}


def written(shape: tuple[int, int]) -> np.ndarray:
    """Return speckle with a line of text in it, in three channels."""
    speckle = np.random.default_rng(0).integers(0, 60, shape, dtype=np.uint8)
    cv2.putText(speckle, "LIVER RT LOBE", (shape[1] // 6, shape[0] // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 1)
    return np.repeat(speckle[..., None], 3, axis=2)


@pytest.mark.parametrize("shape", [(480, 640), (300, 520), (640, 352)])
def test_finds_the_lines_that_onnx_runtime_finds(shape: tuple[int, int]) -> None:
    """RapidOCR as it comes is the oracle; text is really there, so that the answer is not empty."""
    ours = text_engine(SETTINGS, threads=1)(written(shape), use_det=True, use_cls=False, use_rec=False)
    theirs = RapidOCR(params=SETTINGS)(written(shape), use_det=True, use_cls=False, use_rec=False)
    assert len(ours.boxes) >= 1
    np.testing.assert_allclose(np.asarray(ours.boxes), np.asarray(theirs.boxes), atol=1.0)
    # The network looks at the whole picture: what it is filled up with moves the score a little.
    np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-3 if shape == (480, 640) else 1e-2)


def test_pictures_of_many_sizes_take_no_more_memory_than_those_of_few() -> None:
    """OpenVINO keeps what it prepared for a size; a decoding child that held all of them would run out of memory."""
    program = (
        "import numpy as np\n"
        "from sonosift.privacy.text_engine import text_engine\n"
        "def data():\n"
        "    return next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmData'))\n"
        "engine = text_engine({'Det.limit_type': 'max', 'Det.limit_side_len': 640}, threads=1)\n"
        "find = engine.text_det.session\n"
        "for size in ((480, 640), (640, 480), (640, 640)):\n"
        "    find(np.zeros((1, 3, *size), np.float32))\n"
        "few = data()\n"
        "for side in range(192, 641, 64):\n"
        "    assert find(np.zeros((1, 3, side, 640), np.float32)).shape == (1, 1, side, 640)\n"
        "print(data() - few)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(ended.stdout) < 40_000  # kB; eight sizes kept are more than 200 MB


def test_finds_nothing_where_nothing_is_written() -> None:
    """An even picture has no lines."""
    found = text_engine(SETTINGS, threads=1)(np.full((200, 200, 3), 30, np.uint8), use_cls=False, use_rec=False)
    assert found.boxes is None or len(found.boxes) == 0


def test_one_engine_finds_and_reads() -> None:
    """Both halves work together."""
    read = text_engine(SETTINGS, threads=1)(written((480, 640)), use_det=True, use_cls=False, use_rec=True)
    assert "LIVER" in " ".join(read.txts)


def test_its_makers_are_not_told() -> None:
    """The part of OpenVINO that reports an import is never loaded, although it is installed."""
    program = (
        "import importlib.util, sys\n"
        "assert importlib.util.find_spec('openvino_telemetry') is not None\n"
        "from sonosift.privacy.text_engine import text_engine\n"
        "text_engine({}, threads=1)\n"
        "assert 'openvino' in sys.modules\n"
        "loaded = [name for name, module in sys.modules.items() if 'openvino_telemetry' in name and module]\n"
        "assert not loaded, loaded\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
