"""The command as a person meets it: in a shell, in under a second."""

import errno
import inspect
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonosift import __version__, api
from sonosift.cli import failure_of
from sonosift.commands.from_call import argument_helps

SONOSIFT = Path(sys.executable).with_name("sonosift")


def sonosift(*arguments):
    return subprocess.run([SONOSIFT, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def seconds_to_answer(*arguments):
    """The best of three: a busy machine makes a process slow, never fast."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        result = sonosift(*arguments)
        times.append(time.perf_counter() - start)
        assert result.returncode in (0, 2), result.stderr
    return min(times)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["train", "--help"]])
def test_help_answers_in_under_a_second(arguments):
    assert seconds_to_answer(*arguments) < 1.0


def test_version():
    assert sonosift("--version").stdout == f"sonosift {__version__}\n"


@pytest.mark.parametrize("verb", api.__all__)
def test_every_option_of_every_command_is_explained(verb):
    call = getattr(api, verb)
    explained = argument_helps(call.__doc__ or "")
    assert set(inspect.signature(call).parameters) == set(explained)


@pytest.mark.parametrize("verb", ["inspect", "pretrain", "cluster", "train", "evaluate", "report"])
def test_a_wrong_path_is_a_sentence_with_a_next_step(verb, tmp_path):
    extra = {"evaluate": ["--run", "x"], "cluster": ["--from-run", "x"]}.get(verb, [])
    result = sonosift(verb, tmp_path / "nowhere", *extra, "--json")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "nowhere" in json.loads(result.stdout.splitlines()[-1])["error"]
    assert json.loads(result.stdout.splitlines()[-1])["hint"]


def test_ingest_of_a_missing_or_empty_archive_says_so(tmp_path):
    missing = sonosift("ingest", tmp_path / "nowhere", tmp_path / "cohort")
    assert (missing.returncode, "Traceback" in missing.stderr) == (2, False)
    (tmp_path / "empty").mkdir()
    empty = sonosift("ingest", tmp_path / "empty", tmp_path / "cohort")
    assert (empty.returncode, "Traceback" in empty.stderr) == (2, False)


def test_a_full_disk_is_a_sentence_wherever_it_is_met():
    told = failure_of(OSError(errno.ENOSPC, "No space left on device", "cohort/runs/pica/metrics.jsonl"))
    assert told.message == "no room left on the disk: cohort/runs/pica/metrics.jsonl"
    assert "same command again" in told.hint
    assert failure_of(OSError(errno.ENOSPC, "No space left on device")).message == "no room left on the disk"
    assert "unexpected" in failure_of(OSError(errno.EIO, "broken")).message
