import platform
import resource

import numpy as np
import pytest

from sonosift.machine import kept_memory as module
from sonosift.machine.kept_memory import kept_memory

BLOCK = 64 * 2**20
PAGES = BLOCK // resource.getpagesize()
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")


def page_faults_of(rounds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        np.empty(BLOCK, dtype=np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@glibc
def test_a_block_is_given_once_and_not_again_in_every_round():
    with kept_memory():
        page_faults_of(1)
        assert page_faults_of(5) < PAGES


@glibc
def test_memory_goes_back_at_the_end_even_after_an_error():
    import psutil

    with pytest.raises(ZeroDivisionError), kept_memory():
        page_faults_of(1)
        held = psutil.Process().memory_info().rss
        _ = 1 / 0
    assert held - psutil.Process().memory_info().rss > BLOCK // 2


def test_nothing_happens_without_glibc(monkeypatch):
    monkeypatch.setattr(module, "_glibc", lambda: None)
    with kept_memory():
        assert page_faults_of(1) >= 0
