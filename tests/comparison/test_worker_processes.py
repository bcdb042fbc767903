"""Processes that compute cells: a crash costs one job, none is left behind."""

import os
import time

import psutil
import pytest

from sonosift.comparison.worker_processes import FAILED, environments, work_off

CHILD = """
import json, os, sys
for line in sys.stdin:
    job = json.loads(line)
    if job.get("die"):
        os.kill(os.getpid(), 9)
    print(json.dumps({"twice": 2 * job["number"], "pid": os.getpid(), "threads": os.environ.get("OMP_NUM_THREADS")}))
    sys.stdout.flush()
"""


@pytest.fixture
def child(tmp_path):
    (tmp_path / "doubling_child.py").write_text(CHILD)
    return lambda count: [{"PYTHONPATH": str(tmp_path)} | one for one in environments(count, accelerators=0)]


def test_every_job_is_answered_once_by_processes_that_are_used_again(child):
    jobs = [{"number": number} for number in range(8)]
    answers = list(work_off(jobs, "doubling_child", child(2)))
    assert sorted((job["number"], answer["twice"]) for job, answer in answers) == [(n, 2 * n) for n in range(8)]
    used = {answer["pid"] for _, answer in answers}
    assert len(used) <= 2
    assert not [one for one in psutil.Process().children() if one.pid in used]


def test_a_crash_costs_its_own_job(child):
    jobs = [{"number": 1}, {"number": 2, "die": True}, {"number": 3}]
    answers = {job["number"]: answer for job, answer in work_off(jobs, "doubling_child", child(1))}
    assert "signal 9" in answers[2][FAILED]
    assert (answers[1]["twice"], answers[3]["twice"]) == (2, 6)


def test_stopping_early_leaves_no_process(child):
    found = work_off([{"number": number} for number in range(3)], "doubling_child", child(1))
    _, answer = next(found)
    found.close()
    until = time.monotonic() + 10
    while psutil.pid_exists(answer["pid"]) and psutil.Process(answer["pid"]).status() != "zombie":
        assert time.monotonic() < until
        time.sleep(0.05)


def test_cores_are_shared_out_and_each_device_has_one_process(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert environments(1, accelerators=0) == [{}]
    assert [one["OMP_NUM_THREADS"] for one in environments(2, accelerators=0)] == [str(max(1, cores // 2))] * 2
    assert [one["CUDA_VISIBLE_DEVICES"] for one in environments(2, accelerators=2)] == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    assert [one["CUDA_VISIBLE_DEVICES"] for one in environments(2, accelerators=2)] == ["5", "7"]
