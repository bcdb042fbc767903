import threading

import psutil
import pytest

from sonosift.ingest.clip_job import LookJob, WorkerSettings
from sonosift.ingest.worker_pool import WorkerPool


@pytest.fixture
def settings(tmp_path):
    return WorkerSettings(bytes(32).hex(), (32, 32), 3.0, "paper", str(tmp_path), str(tmp_path))


def files(folder, count):
    for number in range(count):
        (folder / f"{number}.txt").write_text("x" * number)
    return [LookJob(str(folder / f"{number}.txt")) for number in range(count)]


def test_answers_come_in_the_order_of_the_jobs(tmp_path, settings):
    jobs = files(tmp_path, 40)
    with WorkerPool(settings, 2) as pool:
        answers = list(pool.run(jobs))
        again = list(pool.run(jobs[:3]))
    assert [job for job, _ in answers] == jobs
    assert [answer["size"] for _, answer in answers] == list(range(40))
    assert len(again) == 3


def decoders():
    return {child for child in psutil.Process().children() if "decode_worker" in " ".join(child.cmdline())}


@pytest.fixture
def others():
    """Decoders that tests of other rooms keep in this process."""
    return decoders()


def stopped_child(others):
    """Stop the pool's only child, as a decoder that hangs would."""
    (child,) = decoders() - others
    child.suspend()
    return child


def test_a_child_that_dies_costs_its_file_only(tmp_path, settings, others):
    jobs = files(tmp_path, 4)
    with WorkerPool(settings, 1) as pool:
        list(pool.run(jobs[:1]))
        threading.Timer(0.5, stopped_child(others).kill).start()
        answers = [answer["reason"] for _, answer in pool.run(jobs)]
    assert answers == ["decoder_died", "not_an_image", "not_an_image", "not_an_image"]


def test_a_file_that_takes_for_ever_is_given_up(tmp_path, settings, others):
    jobs = files(tmp_path, 3)
    with WorkerPool(settings, 1, base_seconds=1.0) as pool:
        list(pool.run(jobs[:1]))
        stopped_child(others)
        answers = [answer["reason"] for _, answer in pool.run(jobs)]
    assert answers == ["too_slow", "not_an_image", "not_an_image"]


def test_the_longer_the_file_the_longer_it_may_take(tmp_path, settings, others):
    jobs = [LookJob(job.path, bytes=10**9) for job in files(tmp_path, 2)]
    with WorkerPool(settings, 1, base_seconds=0.3) as pool:
        list(pool.run(jobs[:1]))
        threading.Timer(1.0, stopped_child(others).resume).start()
        answers = [answer["reason"] for _, answer in pool.run(jobs)]
    assert answers == ["not_an_image", "not_an_image"]


def test_no_child_is_left_behind(tmp_path, settings, others):
    with WorkerPool(settings, 2) as pool:
        list(pool.run(files(tmp_path, 2)))
        children = decoders() - others
        assert len(children) == 2
    assert not any(child.is_running() for child in children)
