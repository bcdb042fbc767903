import numpy as np
import polars as pl
import pytest

from sonosift.report.cohort_facts import cohort_facts

NAMES = ["liver", "kidney"]


def _frames(count, seed=0):
    rng = np.random.default_rng(seed)
    patient = rng.integers(0, 12, count)
    table = pl.DataFrame(
        {
            "frame_id": [f"f{n}" for n in range(count)],
            "patient": [f"p{n}" for n in patient],
            "exam": [f"e{n}-{m}" for n, m in zip(patient, rng.integers(0, 2, count), strict=True)],
            "clip": [f"c{n // 3}" for n in range(count)],
            "machine": [None if n == 0 else f"m{n % 3}" for n in patient],
            "part": [None if n == 11 else ["test", "train", "validation"][n % 3] for n in patient],
            "needs_review": [n % 50 == 0 for n in range(count)],
        },
        schema_overrides={"machine": pl.String, "part": pl.String},
    )
    return table, rng.integers(0, 2, (count, 2)).astype(np.uint8), rng.random(count) < 0.6


def test_counts_are_those_of_a_loop():
    table, truth, known = _frames(200)
    facts = cohort_facts("c", table, truth, known, NAMES, {"truncated": 3, "no_pixel_data": 1}, held_back=2)
    rows = table.to_dicts()
    assert (facts.frames, facts.patients) == (200, len({row["patient"] for row in rows}))
    assert facts.exams == len({row["exam"] for row in rows})
    assert facts.clips == 67
    assert facts.machine_models == 3
    assert facts.held_back == 2 + 4
    assert facts.labelled == known.sum()
    for label, column in zip(facts.labels, truth.T, strict=True):
        assert label.count == sum(int(value) for value, there in zip(column, known, strict=True) if there)
        assert label.share == pytest.approx(label.count / known.sum())
    assert [part.name for part in facts.parts] == ["train", "validation", "test"]
    for part in facts.parts:
        own = [(row, there) for row, there in zip(rows, known, strict=True) if row["part"] == part.name]
        assert part.frames == len(own)
        assert part.patients == len({row["patient"] for row, _ in own})
        assert part.labelled == sum(there for _, there in own)
    assert [(reason.name, reason.share) for reason in facts.quarantine] == [
        ("truncated", 0.75),
        ("no pixel data", 0.25),
    ]


def test_order_of_frames_does_not_matter():
    table, truth, known = _frames(90)
    order = np.random.default_rng(1).permutation(90)
    assert cohort_facts("c", table, truth, known, NAMES, {}) == cohort_facts(
        "c", table[order.tolist()], truth[order], known[order], NAMES, {}
    )


def test_without_labels_or_split_there_is_nothing_to_show():
    table, truth, known = _frames(10)
    bare = table.with_columns(pl.lit(None, dtype=pl.String).alias("part"))
    facts = cohort_facts("c", bare, truth, np.zeros_like(known), NAMES, {})
    assert facts.labels == []
    assert facts.parts == []
    assert facts.quarantine == []
