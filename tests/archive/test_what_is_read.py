"""The table of encodings in the docs lists what is tested, and nothing else; what it calls unread has a reason."""

import re
from pathlib import Path

import numpy as np
import pytest

from sonosift.archive.dicom_reader import open_dicom
from sonosift.archive.dicom_video import is_video_syntax
from sonosift.archive.retired_colours import RETIRED
from sonosift.archive.unreadable import Reason, Unreadable
from tests.archive import test_dicom_encodings as stills
from tests.archive import test_dicom_video as videos

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "what-is-read.md").read_text(encoding="utf-8")


def rows(first_cell):
    table = PAGE[PAGE.index(f"| {first_cell} |") :].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_encodings_that_are_tested():
    listed = {row[1]: row[2] for row in rows("encoding")}
    lossy = {stills.BASELINE, stills.EXTENDED, stills.NEAR, stills.LOSSY_J2K, stills.LOSSY_HTJ2K}
    streams = {videos.MPEG_2, videos.H_264, videos.H_264_IN_PIECES, videos.HEVC}
    assert {uid for uid, pixels in listed.items() if pixels == "exact"} == set(stills.LOSSLESS)
    assert {uid for uid, pixels in listed.items() if pixels == "close"} == lossy | streams
    assert all(is_video_syntax(uid) for uid in streams)


@pytest.mark.parametrize("uid", [row[1] for row in rows("not read")])
def test_what_is_not_read_has_its_reason(written, uid):
    path = written(np.zeros((1, 8, 8), np.uint8), stills.HTJ2K)
    old = stills.HTJ2K.encode() + b"\0"
    path.write_bytes(path.read_bytes().replace(old, uid.encode().ljust(len(old), b"\0")))
    with pytest.raises(Unreadable) as caught:
        list(open_dicom(path).frames(1.0))
    assert caught.value.reason is Reason.UNSUPPORTED_ENCODING


def test_every_retired_colour_model_is_named():
    sentence = re.search(r"the retired ones: ([^.]*)\.", PAGE)
    assert sentence
    assert {name for name in RETIRED if name in sentence[1]} == RETIRED
