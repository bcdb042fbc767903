"""The memory limit is real: what is allocated beyond it ends the file, not the machine."""

import json
import subprocess
import sys

import numpy as np
from PIL import Image

from tests.peak_memory import PROGRAM

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


def decode_job(path):
    return {
        "path": str(path), "member": "", "sha256": "", "modified_ns": 0, "size": 0, "bytes": 0,
        "instance": "i", "clip": "c", "exam": "e", "patient": "p",
    }  # fmt: skip


def test_memory_beyond_the_limit_is_refused(tmp_path):
    Image.fromarray(np.zeros((6000, 6000), np.uint8)).save(tmp_path / "big.png")
    job = decode_job(tmp_path / "big.png")
    lowered = "import sonosift.ingest.decode_worker as worker\nworker.MEMORY_BYTES = 1"
    (answer,) = answers(job, before=lowered)
    assert answer["reason"] == "too_much_memory"


def test_the_limit_is_below_a_gigabyte_of_resident_memory(tmp_path):
    """A decoder that takes all that it gets, with the limit as it is."""
    greedy = f"""{PROGRAM}
import sonosift.ingest.decode_clip as decoding
from sonosift.ingest.clip_job import Decoded
from tests.peak_memory import peak_bytes

def greedy(job, settings):
    taken = []
    try:
        while len(taken) < 1000:
            taken.append(bytearray(b"x") * (10 << 20))
    except MemoryError:
        taken.clear()
        return Decoded(held_frames=peak_bytes() >> 20)
    raise MemoryError

decoding.decode_clip = greedy"""
    first, second = answers(*[decode_job(tmp_path / "any")] * 2, before=greedy)
    assert 600 < first["held_frames"] < 1000
    assert first == second  # the child lives on


def test_answers_hold_codes_and_no_text_of_the_file(tmp_path):
    (tmp_path / "MILLER.dcm").write_bytes(b"MILLER" * 100 + b"\0\xff")
    (answer,) = answers({"path": str(tmp_path / "MILLER.dcm")})
    assert answer["reason"] == "unrecognised_content"
    assert "MILLER" not in json.dumps(answer)
