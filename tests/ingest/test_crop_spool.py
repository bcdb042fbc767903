import subprocess
import sys

import numpy as np
import pytest

from sonosift.ingest.crop_spool import CropSpool
from tests.peak_memory import PROGRAM


def pictures(count, height=7, width=5):
    return [np.random.default_rng(n).integers(0, 256, (height, width), dtype=np.uint8) for n in range(count)]


def test_what_goes_in_comes_out(tmp_path):
    given = pictures(9)
    with CropSpool(tmp_path / "spool") as spool:
        for picture in given:
            spool.append(picture[:, ::-1][:, ::-1])  # not contiguous
        assert len(spool) == 9
        for index in (0, 8, -1, -9, 4):
            np.testing.assert_array_equal(spool[index], given[index])
        np.testing.assert_array_equal(np.array(spool[1:8:3]), np.array(given[1:8:3]))
        np.testing.assert_array_equal(np.array(list(spool)), np.array(given))
        with pytest.raises(IndexError):
            spool[9]


def test_the_file_is_private_and_goes_with_the_block(tmp_path):
    with CropSpool(tmp_path / "spool") as spool:
        spool.append(pictures(1)[0])
        assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
    assert not list(tmp_path.iterdir())


def test_a_change_to_what_was_read_changes_nothing_in_the_spool(tmp_path):
    with CropSpool(tmp_path / "spool") as spool:
        spool.append(np.zeros((2, 2), np.uint8))
        spool[0][:] = 9
        assert not spool[0].any()


def test_other_shapes_and_types_are_refused(tmp_path):
    with CropSpool(tmp_path / "spool") as spool:
        spool.append(np.zeros((2, 3), np.uint8))
        for wrong in (np.zeros((3, 2), np.uint8), np.zeros((2, 3), np.int16), np.zeros((2, 3, 3), np.uint8)):
            with pytest.raises(ValueError, match="takes no"):
                spool.append(wrong)


def test_memory_does_not_grow_with_the_clip(tmp_path):
    # 400 pictures of one megabyte, written and read in a process of their own.
    program = f"""{PROGRAM}
import numpy as np
from pathlib import Path
from sonosift.ingest.crop_spool import CropSpool
before = peak_bytes()
with CropSpool(Path({str(tmp_path / "spool")!r})) as spool:
    for number in range(400):
        spool.append(np.full((1000, 1000), number % 256, np.uint8))
    assert sum(int(picture[0, 0]) for picture in spool) == sum(number % 256 for number in range(400))
print(peak_bytes() - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 30_000_000
