from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from sonosift.cohort.annotation_table import DATABASE_VARIABLE
from sonosift.cohort.annotations import Annotation, Annotations
from sonosift.cohort.cohort import Cohort
from sonosift.errors import SonosiftError
from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.lesions import LESIONS
from sonosift.labels.views import VIEWS

LIVER, SPLEEN, BOTH, OTHER = {"liver"}, {"spleen"}, {"liver", "spleen"}, {"other"}


@pytest.fixture(autouse=True)
def _own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)


@pytest.fixture
def annotations(tmp_path: Path) -> Annotations:
    return Annotations(tmp_path, "k", ABDOMEN)


def _labels(
    annotations: Annotations, frame_ids: list[str], policy: str = "latest", **given: object
) -> list[set[str] | None]:
    matrix, known = annotations.label_matrix(frame_ids, policy=policy, **given)
    assert (matrix[~known] == 0).all()
    return [set(ABDOMEN.decode(row)) if is_known else None for row, is_known in zip(matrix, known, strict=True)]


def test_label_matrix_keeps_order_and_marks_the_unlabelled(annotations: Annotations) -> None:
    annotations.add("frame", "a", BOTH, "ann", "expert")
    annotations.add("frame", "b", OTHER, "ann", "expert")
    matrix, known = annotations.label_matrix(["b", "x", "a", "b"])
    assert matrix.dtype == np.uint8
    np.testing.assert_array_equal(known, [True, False, True, True])
    np.testing.assert_array_equal(
        matrix, [[0, 0, 1, 0, 0, 0, 0], [0] * 7, [1, 0, 0, 0, 0, 1, 0], [0, 0, 1, 0, 0, 0, 0]]
    )


def test_latest_is_the_last_one_added_whoever_says_it(annotations: Annotations) -> None:
    annotations.add("frame", "a", LIVER, "ann", "expert")
    annotations.add("frame", "a", SPLEEN, "bob", "expert")
    assert _labels(annotations, ["a"]) == [SPLEEN]
    annotations.add("frame", "a", LIVER, "ann", "expert")
    assert _labels(annotations, ["a"]) == [LIVER]


def test_a_machine_never_overrules_a_person(annotations: Annotations) -> None:
    annotations.add("frame", "a", LIVER, "ann", "expert")
    annotations.add("frame", "a", SPLEEN, "reader", "burnt_in")
    annotations.add("frame", "b", SPLEEN, "reader", "burnt_in")
    assert _labels(annotations, ["a", "b"]) == [LIVER, SPLEEN]
    assert _labels(annotations, ["a", "b"], sources=["burnt_in"]) == [SPLEEN, SPLEEN]


@pytest.mark.parametrize(
    ("said", "consensus", "adjudicated"),
    [
        ([("a", LIVER), ("b", LIVER), ("c", SPLEEN)], LIVER, None),
        ([("a", LIVER), ("b", SPLEEN)], None, None),
        ([("a", LIVER), ("b", BOTH)], None, None),
        ([("a", LIVER), ("b", BOTH), ("c", BOTH)], BOTH, None),
        ([("a", LIVER), ("b", SPLEEN), ("c", OTHER)], None, None),
        ([("a", SPLEEN), ("a", LIVER), ("b", LIVER)], LIVER, LIVER),
        ([("a", LIVER)], LIVER, LIVER),
        ([], None, None),
    ],
)
def test_policies(annotations: Annotations, said, consensus, adjudicated) -> None:
    for author, names in said:
        annotations.add("frame", "f", names, author, "expert")
    assert _labels(annotations, ["f"], "consensus") == [consensus]
    assert _labels(annotations, ["f"], "adjudicated") == [adjudicated]


def test_the_last_adjudication_decides(annotations: Annotations) -> None:
    for author, names, source in [
        ("a", LIVER, "expert"),
        ("b", SPLEEN, "expert"),
        ("chief", OTHER, "adjudication"),
        ("chief", BOTH, "adjudication"),
        ("a", LIVER, "expert"),
    ]:
        annotations.add("frame", "f", names, author, source)
    assert _labels(annotations, ["f"], "adjudicated") == [BOTH]


def test_frame_before_clip_before_group(annotations: Annotations) -> None:
    annotations.add("group", "run/1", OTHER, "ann", "expert")
    annotations.add("clip", "c", SPLEEN, "ann", "expert")
    annotations.add("frame", "a", LIVER, "ann", "expert")
    clips, groups = ["c", "c", "d", "d"], ["run/1", "run/1", "run/1", "run/2"]
    assert _labels(annotations, list("abcd"), clips=clips, groups=groups) == [LIVER, SPLEEN, OTHER, None]
    assert _labels(annotations, list("abcd")) == [LIVER, None, None, None]
    with pytest.raises(SonosiftError, match="4 clips"):
        annotations.label_matrix(list("abcd"), clips=["c"])


def test_spaces_and_cohorts_do_not_mix(annotations: Annotations, tmp_path: Path) -> None:
    annotations.add("frame", "a", LIVER, "ann", "expert")
    annotations.add("frame", "a", {"aorta"}, "ann", "expert", space=VIEWS)
    assert _labels(annotations, ["a"]) == [LIVER]
    matrix, _ = annotations.label_matrix(["a"], VIEWS)
    assert VIEWS.decode(matrix[0]) == ("aorta",)
    assert not Annotations(tmp_path, "another", ABDOMEN).label_matrix(["a"]).known.any()


def test_history_keeps_everything(annotations: Annotations) -> None:
    assert len(annotations) == 0
    annotations.add("frame", "a", BOTH, "ann", "expert")
    annotations.add("frame", "a", LIVER, "bob", "csv")
    annotations.add("frame", "b", {"cyst"}, "ann", "expert", space=LESIONS, boxes=[("cyst", 1.0, 2.0, 3.5, 4.0)])
    history = annotations.history()
    assert history["id"].to_list() == [1, 2, 3]
    assert history["names"].to_list() == [["liver", "spleen"], ["liver"], ["cyst"]]
    assert history["boxes"].to_list()[2] == '[["cyst", 1.0, 2.0, 3.5, 4.0]]'
    assert annotations.history("frame", "a")["author"].to_list() == ["ann", "bob"]
    assert history["created_at"].is_sorted()


@pytest.mark.parametrize("statement", ["UPDATE annotations SET author = 'eve'", "DELETE FROM annotations"])
def test_the_database_refuses_changes(annotations: Annotations, tmp_path: Path, statement: str) -> None:
    annotations.add("frame", "a", LIVER, "ann", "expert")
    with sqlite3.connect(tmp_path / "labels.sqlite") as connection, pytest.raises(sqlite3.Error, match="append-only"):
        connection.execute(statement)
    assert _labels(annotations, ["a"]) == [LIVER]


def test_rollback_journal_and_full_synchronisation(annotations: Annotations) -> None:
    annotations.add("frame", "a", LIVER, "ann", "expert")
    with annotations._engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "delete"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_all_or_none(annotations: Annotations) -> None:
    good = Annotation(target_kind="frame", target_id="a", names=("liver",), author="ann", source="csv")
    bad = good.model_copy(update={"names": ("liver", "other")})
    with pytest.raises(SonosiftError, match="not a label"):
        annotations.add_many([good, bad])
    assert len(annotations) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"names": ("livr",)}, "Did you mean 'liver'"),
        ({"source": "guess"}, "unknown source"),
        ({"target_kind": "frames"}, "Did you mean 'frame'"),
        ({"author": ""}, "needs an author"),
        ({"boxes": [("cyst", 0, 0, 1, 1)]}, "cyst"),
    ],
)
def test_bad_annotations(annotations: Annotations, change: dict[str, object], message: str) -> None:
    given = {"target_kind": "frame", "target_id": "a", "names": ("liver",), "author": "ann", "source": "expert"}
    with pytest.raises(SonosiftError, match=message):
        annotations.add(**(given | change))


def test_unknown_policy(annotations: Annotations) -> None:
    with pytest.raises(SonosiftError, match="Did you mean 'latest'"):
        annotations.label_matrix(["a"], policy="lates")


def test_reading_makes_no_database(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(5)
    assert not cohort.annotations.label_matrix(cohort.frames.frame_ids).known.any()
    assert not (cohort.path / "labels.sqlite").exists()


def test_many_rows_in_a_second(annotations: Annotations) -> None:
    rows = [
        Annotation(target_kind="frame", target_id=f"{n:032x}", names=("liver",), author="ann", source="truth")
        for n in range(5000)
    ]
    started = time.perf_counter()
    assert annotations.add_many(rows) == 5000
    _, known = annotations.label_matrix([row.target_id for row in rows])
    assert known.all()
    # Ten thousand a second are meant and measured; the bound only catches a commit per row.
    assert time.perf_counter() - started < 5


def test_other_database_through_the_environment(
    annotations: Annotations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATABASE_VARIABLE, f"sqlite:///{tmp_path}/elsewhere.sqlite")
    annotations.add("frame", "a", LIVER, "ann", "expert")
    assert (tmp_path / "elsewhere.sqlite").exists()
    assert not (tmp_path / "labels.sqlite").exists()


@pytest.mark.parametrize("address", ["nonsense", "postgresql+psycopg://user:S3CRET@127.0.0.1:1/none"])
def test_a_wrong_address_is_explained_without_repeating_it(
    annotations: Annotations, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(DATABASE_VARIABLE, address)
    with pytest.raises(SonosiftError, match=DATABASE_VARIABLE) as caught:
        annotations.add("frame", "a", LIVER, "ann", "expert")
    assert "S3CRET" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_network_file_system_refused(annotations: Annotations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonosift.cohort.network_file_system.file_system_of", lambda _: "nfs4")
    with pytest.raises(SonosiftError, match=r"network file system \(nfs4\)") as caught:
        annotations.add("frame", "a", LIVER, "ann", "expert")
    assert DATABASE_VARIABLE in caught.value.hint
