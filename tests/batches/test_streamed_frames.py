import time

import numpy as np
import polars as pl
import psutil
import pytest

from sonosift.batches import load_frames as module
from sonosift.batches.frame_tensor import FrameTensor
from sonosift.batches.load_frames import load_frames
from sonosift.batches.streamed_frames import StreamedFrames
from sonosift.cohort.frame_store import FrameStore, write_shard

IDS = [f"{number:032x}" for number in range(70)]


@pytest.fixture
def store(tmp_path):
    (tmp_path / "frames").mkdir()
    frames = np.random.default_rng(0).integers(0, 256, (70, 40, 40), dtype=np.uint8)
    for shard in range(2):
        write_shard(tmp_path, shard, frames[35 * shard : 35 * shard + 35])
    places = [divmod(number, 35) for number in range(70)]
    catalog = pl.DataFrame({"frame_id": IDS, "shard": [s for s, _ in places], "row": [r for _, r in places]})
    return FrameStore(tmp_path, (40, 40), catalog)


def memory_is(monkeypatch, free):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": free}))


@pytest.mark.parametrize("size", [40, 24])
def test_streamed_batches_are_those_of_memory(store, monkeypatch, size):
    needed = 70 * size * size
    memory_is(monkeypatch, 10 * needed)
    resident = load_frames(store.read, IDS, size)
    memory_is(monkeypatch, needed)
    streamed = load_frames(store.read, IDS, size)
    assert isinstance(resident, FrameTensor)
    assert isinstance(streamed, StreamedFrames)
    assert len(streamed) == len(resident) == 70
    draw = np.random.default_rng(1)
    batches = [draw.integers(0, 70, shape) for shape in (8, 8, (5, 3), 1, 70)]
    for place, rows in enumerate(batches):
        got, wanted = streamed.gather(rows), resident.gather(rows)
        assert got.shape == (*rows.shape, size, size)
        np.testing.assert_array_equal(got.numpy(), wanted.numpy())
        # What was expected right, wrong, and not at all.
        streamed.expect(batches[min(place + 1, 4)] if place % 2 else draw.integers(0, 70, 3))


def test_reading_goes_on_during_the_step():
    def slow(ids):
        time.sleep(0.2)
        return np.full((len(ids), 4, 4), int(ids[0]), dtype=np.uint8)

    frames = StreamedFrames(slow, ["7", "8"], 4)
    frames.expect(np.array([1]))
    time.sleep(0.25)  # the step
    started = time.monotonic()
    assert frames.gather(np.array([1])).unique().tolist() == [8]
    assert time.monotonic() - started < 0.1


def test_an_error_of_the_reader_is_told_where_the_batch_is_wanted():
    def broken(ids):
        raise OSError("the disk is gone")

    frames = StreamedFrames(broken, ["7"], 4)
    frames.expect(np.array([0]))
    with pytest.raises(OSError, match="the disk is gone"):
        frames.gather(np.array([0]))


def test_the_person_is_told_that_frames_do_not_fit(store, monkeypatch, capsys):
    memory_is(monkeypatch, 1)
    module.load_frames(store.read, IDS, 40)
    assert "read from the disk" in capsys.readouterr().err
