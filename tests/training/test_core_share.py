import psutil
import pytest
import torch

from sonosift.training.core_share import idle_threads, take_idle_cores


@pytest.mark.parametrize(
    ("cores", "percent", "most", "threads"),
    [(2, 0, 2, 2), (2, 100, 2, 1), (16, 50, 16, 8), (16, 0, 4, 4), (1, 90, 1, 1)],
)
def test_only_idle_cores_are_taken(monkeypatch, cores, percent, most, threads):
    monkeypatch.setattr(psutil, "cpu_count", lambda: cores)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: float(percent))
    assert idle_threads(most) == threads


def test_threads_are_set_and_one_stays_one(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 75.0)
    try:
        torch.set_num_threads(4)
        assert take_idle_cores() == torch.get_num_threads() == 1
        monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 0.0)
        assert take_idle_cores() == 1
    finally:
        torch.set_num_threads(before)
