"""The story as a newcomer meets it: one command, killed half-way and given again, on a small hospital."""

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from sonosift.cohort.cohort import Cohort

SONOSIFT = Path(sys.executable).with_name("sonosift")
PATIENTS, EPOCHS = 14, 2


def demo_command(folder, *more):
    return [SONOSIFT, "demo", folder, "--patients", str(PATIENTS), "--epochs", str(EPOCHS), *more]


def summary_of(result):
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo, uninterrupted."""
    folder = tmp_path_factory.mktemp("story") / "demo"
    result = subprocess.run(demo_command(folder, "--json"), capture_output=True, text=True, timeout=580)
    return folder, summary_of(result), result


def test_it_ends_with_a_report_and_says_so(demo):
    _, summary, result = demo
    assert Path(summary["report"]).stat().st_size > 100_000
    assert summary["patients"] == PATIENTS
    assert summary["frames"] > 10 * PATIENTS / 2
    assert summary["groups"] >= 1
    assert 0 < summary["expert_labels"] < summary["frames"]
    assert 0 <= summary["classifier_f1"] <= 1
    assert summary["best_baseline"]
    assert "ingest" in result.stderr


def test_only_patients_of_their_part_carry_the_labels_that_training_saw(demo):
    """Half of the training exams and everything in validation and test: nothing else was labelled."""
    cohort = Cohort.open(demo[0] / "cohort")
    split = cohort.splits.get()
    labelled = set(cohort.annotations.history("frame")["target_id"])
    assert set(split.frame_ids("validation") + split.frame_ids("test")) <= labelled
    share = len(labelled & set(split.frame_ids("train"))) / len(split.frame_ids("train"))
    assert 0.3 < share < 0.8
    trained_on = pl.read_parquet(cohort.path / "runs" / "supervised-from-lsd" / "training_frames.parquet")["frame_id"]
    assert set(trained_on) <= labelled & set(split.frame_ids("train"))
    assert split.leaking_patients() == []


def words_of(path):
    """The text of a file: decoded tables, and bytes without what is random (pseudonyms, pictures, decimals)."""
    content = path.read_bytes()
    if path.suffix == ".parquet":
        content += pl.read_parquet(path).write_ndjson().encode()
    random = rb"[0-9a-f]{8,}|base64,[a-z0-9+/=]+|\d+\.\d+(e-?\d+)?|<style>.*?</style>"
    return re.sub(random, b"", content.lower(), flags=re.DOTALL)


def test_no_identity_of_a_header_or_a_path_is_anywhere_in_the_cohort(demo):
    """Every planted token against every name, byte and decoded table. (Pixels and weights are no text.)"""
    folder = demo[0]
    tokens = pl.read_csv(folder / "hospital" / "truth" / "identities.csv", infer_schema=False)
    words = {word.lower() for word in tokens["token"] if len(word) >= 5}
    assert len(words) > 3 * PATIENTS
    paths = [
        path for path in (folder / "cohort").rglob("*") if path.suffix not in {".npy", ".safetensors", ".ckpt", ".pt"}
    ]
    everything = b"\n".join([path.name.lower().encode() + words_of(path) for path in sorted(paths) if path.is_file()])
    assert [word for word in sorted(words) if word.encode() in everything] == []
    archive = b"\n".join(os.fsencode(path).lower() for path in (folder / "hospital" / "archive").rglob("*"))
    assert any(word.encode() in archive for word in words), "the search can find what is there"


def bytes_of(cohort):
    """Everything that may not depend on when or how often the command ran."""
    kept = [
        *cohort.glob("frames/*"),
        *cohort.glob("catalog/*"),
        *cohort.glob("splits/*"),
        *cohort.glob("runs/*/*.safetensors"),
    ]
    return {str(path.relative_to(cohort)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(kept)}


def kill_when(folder, started):
    """Start the demo, and kill it with all its children as soon as ``started`` says so."""
    process = subprocess.Popen(
        demo_command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 300
    while not started() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    killed = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return killed


def test_killed_in_every_step_and_given_again_it_ends_with_the_same_bytes(demo, tmp_path):
    finished, expected, _ = demo
    folder = tmp_path / "demo"
    runs = folder / "cohort" / "runs"
    moments = [
        lambda: any(folder.glob("hospital*/**/*.dcm")),
        lambda: (
            any((folder / "cohort" / "frames").glob("*")) or (folder / "cohort.private" / "sources.sqlite").exists()
        ),
        lambda: (runs / "lsd" / "run.yaml").exists(),
        lambda: (runs / "supervised-from-lsd" / "run.yaml").exists(),
    ]
    assert all(kill_when(folder, moment) for moment in moments)
    result = subprocess.run(demo_command(folder, "--json"), capture_output=True, text=True, timeout=580)
    again = summary_of(result)
    assert bytes_of(folder / "cohort") == bytes_of(finished / "cohort")
    told = set(expected) - {"seconds", "report", "cohort", "hospital"}
    assert {name: again[name] for name in told} == {name: expected[name] for name in told}
