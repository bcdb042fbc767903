"""A decoding child within its limits: pictures of many sizes one after the other, each cleaned and checked."""

import subprocess
import sys

PROGRAM = """
import numpy as np
from sonosift.ingest import decode_worker
from sonosift.privacy.clip_cleaner import ClipCleaner
from sonosift.privacy.independent_check import doubt_about

decode_worker._import_readers()
decode_worker._limit_memory()
draw = np.random.default_rng(0)
sizes = (300, 400), (480, 640), (640, 480), (700, 720), (560, 900), (1050, 1400), (900, 640), (400, 1000)
for height, width in sizes:
    picture = draw.integers(20, 60, (height, width), dtype=np.uint8)
    inside = np.ones(picture.shape, dtype=bool)
    ClipCleaner().study([picture], inside, picture, (0, 0)).clean(0, picture)
    doubt_about([picture], inside)
print("all done")
"""


def test_pictures_of_many_sizes_are_cleaned_and_checked_within_the_limits():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ended.stdout == "all done\n", ended.stderr[-2000:]
