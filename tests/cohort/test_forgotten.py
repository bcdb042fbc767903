from __future__ import annotations

from pathlib import Path

import pytest

from sonosift.cohort.forgotten import Forgotten
from sonosift.errors import SonosiftError


def test_remembers_only_who_was_added(tmp_path: Path) -> None:
    first, second = "b" * 32, "a" * 32
    assert not Forgotten(tmp_path).is_forgotten(first)
    Forgotten(tmp_path).add(first)
    Forgotten(tmp_path).add(second)
    Forgotten(tmp_path).add(first)
    again = Forgotten(tmp_path)
    assert again.all() == {first, second}
    assert again.is_forgotten(first)
    assert not again.is_forgotten("c" * 32)
    assert (tmp_path / "forgotten").read_text() == f"{second}\n{first}\n"
    assert (tmp_path / "forgotten").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["DOE^JANE", "4711", "", "A" * 32, "a" * 32 + "\n"])
def test_takes_pseudonyms_only(tmp_path: Path, name: str) -> None:
    with pytest.raises(SonosiftError, match="pseudonym"):
        Forgotten(tmp_path).add(name)
    assert not list(tmp_path.iterdir())
