from __future__ import annotations

from pathlib import Path

import pytest

from sonosift.cohort.quarantine import Quarantine
from sonosift.errors import SonosiftError

A, B, C = (letter * 32 for letter in "abc")


def test_add_replace_count(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    assert quarantine.counts() == {}
    quarantine.add([(B, "truncated"), (A, "too_large")])
    quarantine.add([(C, "truncated"), (A, "truncated")])
    assert quarantine.read().rows() == [(A, "truncated"), (B, "truncated"), (C, "truncated")]
    quarantine.add([(A, "empty")])
    assert quarantine.counts() == {"truncated": 2, "empty": 1}
    quarantine.replace([(B, "empty")])
    assert quarantine.read().rows() == [(B, "empty")]


def test_bytes_do_not_depend_on_the_order(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    pairs = [(A, "empty"), (B, "truncated"), (C, "empty")]
    Quarantine(tmp_path).add(pairs)
    for pair in reversed(pairs):
        Quarantine(tmp_path / "x").add([pair])
    assert (tmp_path / "quarantine.parquet").read_bytes() == (tmp_path / "x" / "quarantine.parquet").read_bytes()


@pytest.mark.parametrize("pair", [("archive/KOWALSKI.dcm", "empty"), (A, "cannot read /archive/KOWALSKI.dcm"), (A, "")])
def test_no_path_and_no_message_gets_in(tmp_path: Path, pair: tuple[str, str]) -> None:
    with pytest.raises(SonosiftError) as caught:
        Quarantine(tmp_path).add([pair])
    assert "KOWALSKI" not in str(caught.value)
    assert not (tmp_path / "quarantine.parquet").exists()
