from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sonosift.cohort.cohort import Cohort
from sonosift.cohort.held import HeldClips, HeldWriter
from sonosift.errors import SonosiftError
from tests.cohort.conftest import frame_images, frame_rows

CLIP = f"c{0:031x}"


def screens(count: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, 40, 60), dtype=np.uint8)


def hold(held: Path, *, reason: str = "text_left", cleaned: bool = True, count: int = 3, start: int = 0) -> None:
    rows = frame_rows(count, start=start)
    with HeldWriter(held, str(rows[0]["clip"]), reason, corner=(7, 9)) as writer:
        for row, screen, frame in zip(rows, screens(count), frame_images(count, 16), strict=True):
            writer.add(row, screen, frame if cleaned else None)


def digest(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture
def held(make_cohort: Callable[..., Cohort]) -> HeldClips:
    return HeldClips(make_cohort(0))


def test_what_goes_in_comes_out(held: HeldClips) -> None:
    hold(held.path)
    found = held.clip(CLIP)
    assert (found.reason, found.corner, found.patient) == ("text_left", (7, 9), f"p{0:031x}")
    assert list(found.rows) == frame_rows(3)
    assert found.frame_ids == [f"{number:032x}" for number in range(3)]
    np.testing.assert_array_equal(found.frames(), frame_images(3, 16))
    for position, screen in enumerate(screens(3)):
        np.testing.assert_array_equal(found.source(position), screen)


def test_without_a_fan_there_are_only_pictures(held: HeldClips) -> None:
    hold(held.path, cleaned=False)
    found = held.clip(CLIP)
    assert not found.is_cleaned
    with pytest.raises(SonosiftError, match="no fan was found"):
        found.frames()
    np.testing.assert_array_equal(found.source(2), screens(3)[2])


def test_the_same_clip_twice_gives_the_same_bytes(held: HeldClips) -> None:
    hold(held.path)
    first = digest(held.path)
    hold(held.path)
    assert digest(held.path) == first
    hold(held.path, cleaned=False, count=2)
    assert sorted(path.name for path in (held.path / CLIP).iterdir()) == ["000000.png", "000001.png", "clip.json"]


def test_counts_by_reason(held: HeldClips) -> None:
    assert held.counts() == {}
    hold(held.path)
    hold(held.path, start=3, reason="no_fan")
    hold(held.path, start=6, reason="no_fan")
    assert held.counts() == {"no_fan": 2, "text_left": 1}
    held.remove(CLIP)
    held.remove(CLIP)
    assert held.counts() == {"no_fan": 2}
    assert len(held.list()) == 2


def test_an_error_leaves_the_earlier_clip(held: HeldClips) -> None:
    hold(held.path)
    before = digest(held.path)
    with pytest.raises(RuntimeError), HeldWriter(held.path, CLIP, "no_fan") as writer:
        writer.add(frame_rows(1)[0], screens(1)[0])
        raise RuntimeError
    assert digest(held.path) == before


def test_killed_half_way(held: HeldClips) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from sonosift.cohort.held import HeldWriter\n"
        "from tests.cohort.test_held import screens, frame_rows\n"
        f"with HeldWriter(Path(sys.argv[1]), '{CLIP}', 'no_fan') as writer:\n"
        "    writer.add(frame_rows(1)[0], screens(1)[0])\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    here = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, str(held.path)], cwd=here, check=False, env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL
    assert held.list() == []
    assert len(list(held.path.iterdir())) == 1
    held.remove_leftovers()
    assert list(held.path.iterdir()) == []


def test_a_long_clip_stays_out_of_memory(held: HeldClips) -> None:
    side, count = 512, 120
    frame, screen = np.zeros((side, side), np.uint8), np.zeros((20, 20), np.uint8)
    row = frame_rows(1)[0]
    tracemalloc.start()
    with HeldWriter(held.path, CLIP, "text_left") as writer:
        for _ in range(count):
            writer.add(row, screen, frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held.clip(CLIP).frames().shape == (count, side, side)
    assert peak < 0.2 * count * side * side


@pytest.mark.parametrize("clip", ["../../key", "DOE^JANE", "", "c0"])
def test_only_pseudonyms_name_a_clip(held: HeldClips, clip: str) -> None:
    with pytest.raises(SonosiftError):
        HeldWriter(held.path, clip, "no_fan")
    with pytest.raises(SonosiftError):
        held.clip(clip)
    with pytest.raises(SonosiftError):
        held.remove(clip)


def test_refuses_what_does_not_belong_together(held: HeldClips) -> None:
    rows, frames = frame_rows(6), frame_images(2, 16)
    with pytest.raises(SonosiftError, match="another clip"), HeldWriter(held.path, CLIP, "no_fan") as writer:
        writer.add(rows[3], screens(1)[0])
    with pytest.raises(SonosiftError, match="all frames"), HeldWriter(held.path, CLIP, "no_fan") as writer:
        writer.add(rows[0], screens(1)[0], frames[0])
        writer.add(rows[1], screens(1)[0])
    with pytest.raises(SonosiftError, match="without frames"), HeldWriter(held.path, CLIP, "no_fan"):
        pass
    with pytest.raises(SonosiftError, match="code"):
        HeldWriter(held.path, CLIP, "Doe's name was left")
    assert held.list() == []
