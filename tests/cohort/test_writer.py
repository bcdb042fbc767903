from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sonosift.cohort import catalog as catalogs
from sonosift.cohort import frame_store
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.writer import CohortWriter
from sonosift.errors import SonosiftError
from tests.cohort.conftest import KEY, frame_images, frame_rows

SIZE, COUNT, SHARD_ROWS = 16, 30, 7


def _fresh(path: Path) -> Cohort:
    return Cohort.create(path, size=SIZE, shard_rows=SHARD_ROWS, key=KEY)


def _ingest(cohort: Cohort, *, batch: int = 4, count: int = COUNT) -> None:
    with CohortWriter(cohort) as writer:
        for start in range(0, count, batch):
            size = min(batch, count - start)
            writer.append(frame_images(size, SIZE, start=start), frame_rows(size, start=start))


def _bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("batch", [1, 5, 30])
def test_bytes_do_not_depend_on_batches(tmp_path: Path, batch: int) -> None:
    _ingest(_fresh(tmp_path / "a"), batch=4)
    _ingest(_fresh(tmp_path / "b"), batch=batch)
    assert _bytes_below(tmp_path / "a") == _bytes_below(tmp_path / "b")


class _Killed(BaseException):
    """Stands for ``kill -9``: no handler of the code under test may tidy up after it."""


@pytest.mark.parametrize("kill_at", range(10))
def test_killed_and_resumed_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill_at: int) -> None:
    _ingest(_fresh(tmp_path / "whole"))
    cohort = _fresh(tmp_path / "killed")
    # Every write of a shard and of a part is a place to die: before it, or half-way through its temporary file.
    steps = iter(range(100))

    def dying(write):
        def wrapped(cohort_path: Path, shard: int, content: object) -> None:
            if next(steps) == kill_at:
                target = (catalogs.part_path if write is catalogs.write_part else frame_store.shard_path)(
                    cohort_path, shard
                )
                target.with_name(f".{target.name}.00000000.part").write_bytes(b"half a fi")
                raise _Killed
            write(cohort_path, shard, content)

        return wrapped

    with monkeypatch.context() as patched:
        patched.setattr(catalogs, "write_part", dying(catalogs.write_part))
        patched.setattr(frame_store, "write_shard", dying(frame_store.write_shard))
        with pytest.raises(_Killed):
            _ingest(cohort)
    committed = len(Cohort.open(cohort.path).catalog())
    assert committed == SHARD_ROWS * (kill_at // 2)
    _ingest(Cohort.open(cohort.path))
    assert _bytes_below(tmp_path / "killed") == _bytes_below(tmp_path / "whole")


def test_shard_without_part_is_ignored_and_overwritten(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")
    np.save(frame_store.shard_path(cohort.path, 0), np.zeros((3, SIZE, SIZE), dtype=np.uint8))
    assert len(cohort.frames) == 0
    _ingest(cohort, count=5)
    np.testing.assert_array_equal(cohort.frames.all(), frame_images(5, SIZE))


def test_an_error_commits_only_full_shards(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")

    def interrupted() -> None:
        with CohortWriter(cohort) as writer:
            writer.append(frame_images(10, SIZE), frame_rows(10))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(cohort.catalog()) == SHARD_ROWS


def test_known_frames_are_passed_over_and_new_ones_get_new_shards(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")
    _ingest(cohort, count=10)
    before = _bytes_below(cohort.path / "frames")
    with CohortWriter(cohort) as writer:
        assert f"{3:032x}" in writer
        assert writer.append(frame_images(12, SIZE), frame_rows(12)) == 2
    after = _bytes_below(cohort.path / "frames")
    assert {name: after[name] for name in before} == before
    assert cohort.catalog()["frame_id"].to_list() == [f"{number:032x}" for number in range(12)]
    np.testing.assert_array_equal(cohort.frames.all(), frame_images(12, SIZE))


def test_on_commit_names_every_frame_once_and_after_its_part_exists(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")
    committed: list[str] = []

    def note(frame_ids: list[str]) -> None:
        committed.extend(frame_ids)
        assert Cohort.open(cohort.path).catalog()["frame_id"].to_list() == committed

    with CohortWriter(cohort, on_commit=note) as writer:
        writer.append(frame_images(COUNT, SIZE), frame_rows(COUNT))
    assert committed == [f"{number:032x}" for number in range(COUNT)]


def test_the_caller_may_reuse_its_buffer(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")
    buffer = frame_images(2, SIZE)
    with CohortWriter(cohort) as writer:
        writer.append(buffer, frame_rows(2))
        buffer[:] = 0
    np.testing.assert_array_equal(cohort.frames.all(), frame_images(2, SIZE))


def test_two_writers_refused(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")
    with CohortWriter(cohort), pytest.raises(SonosiftError, match="already writing"), CohortWriter(cohort):
        pass


def test_writing_needs_the_right_key(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")
    key = cohort.private_path / "key"
    key.write_bytes(bytes(32))
    with pytest.raises(SonosiftError, match="another cohort"), CohortWriter(cohort):
        pass
    key.unlink()
    with pytest.raises(SonosiftError, match="missing"), CohortWriter(cohort):
        pass


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "no column colour"),
        ({"patient": None}, "no value for patient"),
        ({"frame_id": f"{1:032x}"}, "same frame id"),
    ],
)
def test_bad_rows_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    rows = frame_rows(2)
    rows[0].update(change)
    with CohortWriter(_fresh(tmp_path / "a")) as writer, pytest.raises(SonosiftError, match=message):
        writer.append(frame_images(2, SIZE), rows)


def test_wrong_frames_refused(tmp_path: Path) -> None:
    with CohortWriter(_fresh(tmp_path / "a")) as writer:
        with pytest.raises(SonosiftError, match="uint8"):
            writer.append(frame_images(2, SIZE).astype(np.float32), frame_rows(2))
        with pytest.raises(SonosiftError, match="one per row"):
            writer.append(frame_images(3, SIZE), frame_rows(2))


def test_burying_while_writing(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")
    _ingest(cohort, count=9)
    with CohortWriter(cohort) as writer:
        assert writer.bury([f"{4:032x}", "unknown"], "mask redrawn") == 1
        assert writer.append(np.full((9, SIZE, SIZE), 9, dtype=np.uint8), frame_rows(9)) == 1
    expected = frame_images(9, SIZE)
    expected[4] = 9
    np.testing.assert_array_equal(cohort.frames.read([f"{number:032x}" for number in range(9)]), expected)


def test_a_buried_frame_is_gone_and_can_be_written_anew(tmp_path: Path) -> None:
    cohort = _fresh(tmp_path / "a")
    _ingest(cohort, count=9)
    buried = f"{4:032x}"
    assert catalogs.bury(cohort.path, [buried], "mask redrawn") == 1
    assert buried not in cohort.catalog()["frame_id"].to_list()
    with pytest.raises(SonosiftError, match="not in this cohort"):
        cohort.frames.read([buried])
    with CohortWriter(cohort) as writer:
        writer.append(np.full((1, SIZE, SIZE), 9, dtype=np.uint8), frame_rows(1, start=4))
    assert (cohort.frames.read([buried]) == 9).all()
    assert len(cohort.catalog()) == 9


_INGEST = """
import sys, time
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tests.cohort.conftest import frame_images, frame_rows
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.writer import CohortWriter

with CohortWriter(Cohort.open(Path(sys.argv[1]))) as writer:
    for start in range(0, 30, 2):
        writer.append(frame_images(2, 16, start=start), frame_rows(2, start=start))
        time.sleep(0.05)
"""


def test_kill_9_again_and_again(tmp_path: Path) -> None:
    _ingest(_fresh(tmp_path / "whole"))
    cohort = _fresh(tmp_path / "killed")
    root = str(Path(__file__).parents[2])
    for parts in (1, 3):
        process = subprocess.Popen([sys.executable, "-c", _INGEST, str(cohort.path)], cwd=root, env=_with(root))
        while len(list((cohort.path / "catalog").glob("[0-9]*.parquet"))) < parts and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    subprocess.run([sys.executable, "-c", _INGEST, str(cohort.path)], cwd=root, env=_with(root), check=True)
    assert _bytes_below(tmp_path / "killed") == _bytes_below(tmp_path / "whole")


def _with(root: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": root}
