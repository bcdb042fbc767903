import os

from hypothesis import given
from hypothesis import strategies as st

from sonosift.machine.threads import available_cores, limit_environment, threads_per_process


def test_cores_respect_the_affinity_of_the_process():
    assert available_cores() == len(os.sched_getaffinity(0))


@given(workers=st.integers(0, 500))
def test_all_workers_together_never_oversubscribe_and_each_has_a_thread(workers):
    threads = threads_per_process(workers)
    assert threads >= 1
    assert threads == 1 or threads * max(1, workers) <= available_cores()


def test_the_environment_names_every_thread_pool_that_is_in_use():
    environment = limit_environment(10_000)
    assert environment["OMP_NUM_THREADS"] == environment["POLARS_MAX_THREADS"] == "1"
