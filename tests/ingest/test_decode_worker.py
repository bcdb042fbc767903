"""The memory limit is real: what is allocated beyond it ends the file, not the machine."""

import json
import subprocess
import sys

import numpy as np
from PIL import Image

SETTINGS = {
    "key_hex": bytes(32).hex(), "frame_shape": [32, 32], "clip_rate_hz": 3.0, "study_table": "paper",
    "spool": "/", "held": "/",
}  # fmt: skip


def answers(*jobs, before=""):
    program = f"{before}\nfrom sonosift.ingest.decode_worker import main\nmain()"
    lines = "\n".join(json.dumps(line) for line in (SETTINGS, *jobs)) + "\n"
    done = subprocess.run([sys.executable, "-c", program], input=lines, capture_output=True, text=True, check=True)
    first, *rest = done.stdout.splitlines()
    assert first == "ready"
    assert done.stderr == ""
    return [json.loads(line) for line in rest]


def test_memory_beyond_the_limit_is_refused(tmp_path):
    Image.fromarray(np.zeros((6000, 6000), np.uint8)).save(tmp_path / "big.png")
    job = {
        "path": str(tmp_path / "big.png"), "member": "", "sha256": "", "modified_ns": 0, "size": 0, "bytes": 0,
        "instance": "i", "clip": "c", "exam": "e", "patient": "p",
    }  # fmt: skip
    lowered = "import sonosift.ingest.decode_worker as worker\nworker.MEMORY_BYTES = 1"
    (answer,) = answers(job, before=lowered)
    assert answer["reason"] == "too_much_memory"


def test_answers_hold_codes_and_no_text_of_the_file(tmp_path):
    (tmp_path / "MILLER.dcm").write_bytes(b"MILLER" * 100 + b"\0\xff")
    (answer,) = answers({"path": str(tmp_path / "MILLER.dcm")})
    assert answer["reason"] == "unrecognised_content"
    assert "MILLER" not in json.dumps(answer)
