"""Forgetting in a shared database: only this cohort's rows go, and the table refuses changes again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from sonosift.cohort.annotation_table import DATABASE_VARIABLE
from sonosift.cohort.annotations import Annotations
from sonosift.cohort.forget_rows import forget_annotations
from sonosift.labels.abdomen import ABDOMEN
from tests.cohort.test_annotations_in_postgresql import address

__all__ = ["address"]

pytestmark = pytest.mark.postgres


def test_only_the_rows_of_this_patient_and_cohort(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(DATABASE_VARIABLE, address)
    ours, theirs = (Annotations(tmp_path, f"forget {name}", ABDOMEN) for name in ("ours", "theirs"))
    for target in ("a" * 32, "b" * 32):
        for kept in (ours, theirs):
            kept.add("frame", target, {"liver"}, "ann", "expert")
    forget_annotations(tmp_path, "labels.sqlite", "forget ours", ["a" * 32])
    forget_annotations(tmp_path, "labels.sqlite", "forget ours", ["a" * 32])
    assert ours.history()["target_id"].to_list() == ["b" * 32]
    assert theirs.history()["target_id"].to_list() == ["a" * 32, "b" * 32]
    engine = create_engine(address)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text("DELETE FROM annotations"))
    engine.dispose()
