from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonosift.cohort.catalog import CATALOG_SCHEMA
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.patient_ties import tied_patients
from sonosift.cohort.split_assignment import assign
from sonosift.cohort.splits import Splits
from sonosift.errors import SonosiftError

FRACTIONS = {"train": 0.6, "validation": 0.2, "test": 0.2}


def _catalog(frames: list[tuple[int, int | None]]) -> pl.DataFrame:
    """A catalog from (patient, near-duplicate group) of each frame."""
    rows = {
        "frame_id": [f"{index:032x}" for index in range(len(frames))],
        "patient": [f"p{patient:03d}" for patient, _ in frames],
        "exam": [f"e{patient:03d}-{index % 2}" for index, (patient, _) in enumerate(frames)],
        "near_duplicate_group": [group for _, group in frames],
    }
    return pl.DataFrame(rows, schema={name: CATALOG_SCHEMA[name] for name in rows})


def _splits(folder: str | Path, catalog: pl.DataFrame) -> Splits:
    return Splits(Path(folder) / "splits", lambda: catalog)


frames_of_patients = st.lists(
    st.tuples(st.integers(0, 25), st.one_of(st.none(), st.none(), st.integers(0, 6))), min_size=1, max_size=120
)


@settings(max_examples=60, deadline=None)
@given(frames=frames_of_patients, seed=st.integers(0, 5))
def test_patients_apart_ties_together_everybody_assigned(frames: list[tuple[int, int | None]], seed: int) -> None:
    catalog = _catalog(frames)
    with tempfile.TemporaryDirectory() as folder:
        split = _splits(folder, catalog).make(FRACTIONS, seed)
        rows = split.catalog()
        assert rows["frame_id"].to_list() == catalog["frame_id"].to_list()
        assert split.leaking_patients() == split.leaking_near_duplicates() == []
        assert sum(len(split.frame_ids(part)) for part in split.parts) == len(frames)


@settings(max_examples=60, deadline=None)
@given(frames=frames_of_patients)
def test_ties_are_the_connected_components(frames: list[tuple[int, int | None]]) -> None:
    graph = nx.Graph()
    for patient, group in frames:
        graph.add_node(f"p{patient:03d}")
        if group is not None:
            graph.add_edge(f"p{patient:03d}", group)
    expected = {
        frozenset(str(node) for node in nodes if isinstance(node, str)) for nodes in nx.connected_components(graph)
    }
    ties = tied_patients(_catalog(frames))
    found = {frozenset(rows["patient"]) for _, rows in ties.group_by("component")}
    assert found == expected
    assert ties["frames"].sum() == len(frames)
    assert all(name == min(rows["patient"]) for (name,), rows in ties.group_by("component"))


@settings(max_examples=40, deadline=None)
@given(frames=frames_of_patients, cut=st.integers(1, 60), seed=st.integers(0, 3))
def test_growth_moves_nobody(frames: list[tuple[int, int | None]], cut: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = _splits(folder, _catalog(frames[:cut])).make(FRACTIONS, seed)
        before = dict(first.table.iter_rows())
        grown = _splits(folder, _catalog(frames)).make(FRACTIONS, seed + 1)
        after = dict(grown.table.iter_rows())
        assert {patient: after[patient] for patient in before} == before
        assert after.keys() == {f"p{patient:03d}" for patient, _ in frames}
        assert grown.leaking_patients() == []
        assert _splits(folder, _catalog(frames)).make(FRACTIONS, seed).table.equals(grown.table)


@settings(max_examples=60, deadline=None)
@given(frames=frames_of_patients, seed=st.integers(0, 5), order=st.randoms(use_true_random=False))
def test_the_order_of_the_catalog_does_not_matter(
    frames: list[tuple[int, int | None]], seed: int, order: object
) -> None:
    catalog = _catalog(frames)
    shuffled = catalog.sample(fraction=1, shuffle=True, seed=seed)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        assert (
            _splits(one, catalog)
            .make(FRACTIONS, seed)
            .table.equals(_splits(other, shuffled).make(FRACTIONS, seed).table)
        )


@settings(max_examples=200)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=60),
    shares=st.lists(st.floats(0.05, 1), min_size=1, max_size=4),
    seed=st.integers(0, 100),
)
def test_parts_come_within_one_component_of_their_fraction(sizes: list[int], shares: list[float], seed: int) -> None:
    fractions = {f"part {index}": share / sum(shares) for index, share in enumerate(shares)}
    components = {f"c{index}": size for index, size in enumerate(sizes)}
    parts = assign(components, fractions, seed)
    assert parts.keys() == components.keys()
    largest = max(sizes)
    lacking = {
        part: fraction * sum(sizes) - sum(components[name] for name, given in parts.items() if given == part)
        for part, fraction in fractions.items()
    }
    assert min(lacking.values()) >= -largest - 1e-6
    if len(sizes) >= len(fractions):
        assert set(parts.values()) == fractions.keys()


@settings(max_examples=100)
@given(sizes=st.lists(st.integers(1, 3), min_size=40, max_size=80), seed=st.integers(0, 100))
def test_many_components_come_within_one_on_both_sides(sizes: list[int], seed: int) -> None:
    components = {f"c{index}": size for index, size in enumerate(sizes)}
    parts = assign(components, FRACTIONS, seed)
    for part, fraction in FRACTIONS.items():
        reached = sum(components[name] for name, given in parts.items() if given == part)
        assert abs(reached - fraction * sum(sizes)) <= max(sizes) + 1e-6


def test_seeds_differ_and_repeat(tmp_path: Path) -> None:
    catalog = _catalog([(patient, None) for patient in range(40) for _ in range(5)])
    tables = [_splits(tmp_path / str(run), catalog) for run in range(3)]
    for run in range(3):
        (tmp_path / str(run)).mkdir()
    first, again, other = (splits.make(FRACTIONS, seed).table for splits, seed in zip(tables, (1, 1, 2), strict=True))
    assert first.equals(again)
    assert not first.equals(other)


def test_seed_decides_as_chance_would(tmp_path: Path) -> None:
    # Of 40 equal patients 8 are drawn for testing: over many seeds each is drawn about one time in five.
    sizes = {f"p{number}": 3 for number in range(40)}
    splits = [assign(sizes, FRACTIONS, seed) for seed in range(400)]
    drawn = np.array([[parts[name] == "test" for name in sizes] for parts in splits])
    assert (drawn.sum(axis=1) == 8).all()
    # 400 draws at 0.2: standard deviation 0.02.
    assert np.abs(drawn.mean(axis=0) - 0.2).max() < 0.08


def test_large_patients_are_not_drawn_to_a_part() -> None:
    sizes = {f"p{number}": 1 + number for number in range(40)}
    means = []
    for seed in range(300):
        tested = [sizes[name] for name, part in assign(sizes, FRACTIONS, seed).items() if part == "test"]
        means.append(np.mean(tested))
    # Mean size 20.5; some 8 patients are tested, so the mean of 300 draws has a standard error near 0.25. Dealing the
    # largest patients out first would leave the tested ones near 8. (A part closes sooner after a large patient, which
    # lets the mean of ratios rise by a little.)
    assert abs(np.mean(means) - 20.5) < 2


def test_untied_and_pinned(tmp_path: Path) -> None:
    catalog = _catalog([(patient, 1 if patient in (0, 1) else None) for patient in range(10) for _ in range(3)])
    splits = _splits(tmp_path, catalog)
    pins = {"p000": "test", "p001": "train"}
    with_leak = splits.make(FRACTIONS, name="leak", tie_near_duplicates=False, pinned=pins)
    assert dict(with_leak.table.iter_rows()).items() >= pins.items()
    assert with_leak.leaking_near_duplicates() == [1]
    tied = splits.make(FRACTIONS, name="tied", pinned={"p001": "test"})
    assert {"p000", "p001"} <= set(tied.patients("test"))
    with pytest.raises(SonosiftError, match="assigned to 'test' before"):
        splits.make(FRACTIONS, name="tied", pinned={"p001": "train"})
    with pytest.raises(SonosiftError, match="Did you mean 'test'"):
        splits.make(FRACTIONS, name="x", pinned={"p001": "tests"})
    with pytest.raises(SonosiftError, match="not in this cohort"):
        splits.make(FRACTIONS, name="x", pinned={"nobody": "test"})


def test_growth_that_ties_assigned_patients_is_reported(tmp_path: Path) -> None:
    apart = [(patient, None) for patient in range(10) for _ in range(3)]
    before = _splits(tmp_path, _catalog(apart)).make(FRACTIONS)
    one, other = before.patients("train")[0], before.patients("test")[0]
    tied = [*apart, (int(one[1:]), 5), (int(other[1:]), 5), (77, 5)]
    after = _splits(tmp_path, _catalog(tied)).make(FRACTIONS)
    assert after.leaking_near_duplicates() == [5]
    assert dict(after.table.iter_rows()).items() >= dict(before.table.iter_rows()).items()


def test_frame_level_split_only_when_asked_for(tmp_path: Path) -> None:
    splits = _splits(tmp_path, _catalog([(patient, None) for patient in range(5) for _ in range(20)]))
    with pytest.raises(SonosiftError, match="same patient"):
        splits.make_by_frame(FRACTIONS, name="frames")
    split = splits.make_by_frame(FRACTIONS, name="frames", allow_patient_leak=True)
    assert split.unit == "frame"
    assert {part: row["frames"] for part, row in split.sizes().items()} == {"test": 20, "train": 60, "validation": 20}
    assert split.leaking_patients() != []
    with pytest.raises(SonosiftError, match="by frame"):
        splits.make(FRACTIONS, name="frames")


def test_get_names_sizes_and_errors(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(60)
    split = cohort.splits.make()
    assert cohort.splits.names() == ["default"]
    assert sum(row["frames"] for row in split.sizes().values()) == 60
    assert sum(row["patients"] for row in split.sizes().values()) == 5
    assert cohort.splits.get().frame_ids("train") == split.frame_ids("train")
    with pytest.raises(SonosiftError, match="Did you mean 'validation'"):
        split.frame_ids("validaton")
    with pytest.raises(SonosiftError, match="unknown split"):
        cohort.splits.get("other")
    with pytest.raises(SonosiftError, match="never move"):
        cohort.splits.make({"train": 0.5, "test": 0.5})
    with pytest.raises(SonosiftError, match="cannot be the name"):
        cohort.splits.make(name="../x")


@pytest.mark.parametrize("fractions", [{"a": 0.5}, {"a": 1.5, "b": -0.5}, {"a": 0.0, "b": 1.0}])
def test_bad_fractions(make_cohort: Callable[..., Cohort], fractions: dict[str, float]) -> None:
    with pytest.raises(SonosiftError, match="fractions of a split"):
        make_cohort(12).splits.make(fractions)


def test_nothing_to_split(make_cohort: Callable[..., Cohort]) -> None:
    with pytest.raises(SonosiftError, match="no frames to split"):
        make_cohort(0).splits.make()


def test_same_bytes(make_cohort: Callable[..., Cohort]) -> None:
    files = []
    for name in "ab":
        cohort = make_cohort(60, name=name)
        cohort.splits.make()
        files.append((cohort.path / "splits" / "default.parquet").read_bytes())
    assert files[0] == files[1]
