from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import polars as pl

from sonosift.cohort import near_duplicates
from sonosift.cohort.cohort import Cohort
from sonosift.cohort.near_duplicates import find_near_duplicates, update_near_duplicates
from sonosift.cohort.perceptual_hash import fine_structure, hash_bits, low_frequencies
from sonosift.cohort.writer import CohortWriter
from tests.cohort.conftest import KEY, frame_rows

SIZE = 64


def _fan_pictures(count: int, seed: int = 0) -> np.ndarray:
    """Speckled pictures that all share the outline of one fan, as those of one machine do."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE]
    fan = (np.hypot(y + 10, x - SIZE / 2) < SIZE) & (np.abs(np.arctan2(x - SIZE / 2, y + 10)) < 0.6)
    pictures = []
    for _ in range(count):
        broad = cv2.GaussianBlur(rng.normal(size=(SIZE, SIZE)), (0, 0), 8) * 300
        speckle = cv2.GaussianBlur(rng.normal(size=(SIZE, SIZE)), (0, 0), 1.5) * 120
        pictures.append(np.where(fan, np.clip(100 + broad + speckle, 0, 255), 0))
    return np.array(pictures, dtype=np.uint8)


def _copy(picture: np.ndarray, seed: int) -> np.ndarray:
    """The same picture exported again: recompressed, a little brighter, a caliper mark drawn into it."""
    changed = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], 0)
    changed = np.clip(changed * 1.1, 0, 255).astype(np.uint8)
    row, column = np.random.default_rng(seed).integers(20, 44, 2)
    cv2.drawMarker(changed, (int(column), int(row)), 255, markerSize=3)
    return changed


def _catalog(clips: list[str], patients: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"frame_id": [f"f{index}" for index in range(len(clips))], "clip": clips, "patient": patients})


def _group_sets(found: near_duplicates.NearDuplicates) -> set[frozenset[str]]:
    return {frozenset(rows["frame_id"]) for _, rows in found.groups.group_by("near_duplicate_group")}


def test_copies_between_patients_are_found_and_nothing_else() -> None:
    originals = _fan_pictures(150)
    copied = [3, 20, 77, 140]
    frames = np.concatenate([originals, [_copy(originals[place], place) for place in copied]])
    clips = [f"c{index}" for index in range(len(frames))]
    patients = [f"p{index // 3}" for index in range(150)] + ["x", "y", "z", "p46"]
    found = find_near_duplicates(_catalog(clips, patients), lambda places: frames[places])
    assert _group_sets(found) == {frozenset({f"f{place}", f"f{150 + index}"}) for index, place in enumerate(copied)}
    assert found.groups["near_duplicate_group"].to_list() == [0, 1, 2, 3, 0, 1, 2, 3]
    # The fourth copy stays with its own patient.
    assert found.tied_patients == 6


def test_same_as_comparing_all_pairs() -> None:
    # Pictures at all distances from each other: mixtures of a few.
    rng = np.random.default_rng(1)
    base = _fan_pictures(6).astype(np.float64)
    weights = rng.dirichlet(np.full(6, 0.25), size=120)
    frames = np.tensordot(weights, base, axes=1).round().astype(np.uint8)
    clips = [f"c{index // 2}" for index in range(120)]
    patients = [f"p{index}" for index in range(120)]
    found = find_near_duplicates(_catalog(clips, patients), lambda places: frames[places], max_patients=1000)
    bits = np.unpackbits(hash_bits(low_frequencies(frames)[0]), axis=1)
    structure = fine_structure(frames)
    near = (bits[:, None] != bits[None]).sum(axis=2) <= near_duplicates.MAX_DIFFERING_BITS
    near &= structure @ structure.T >= near_duplicates.MIN_CORRELATION
    near &= np.array([[one != other for other in clips] for one in clips])
    neighbours = {index: set(np.flatnonzero(near[index])) for index in range(120)}
    expected, seen = set(), set()
    for start in range(120):
        if start in seen or not neighbours[start]:
            continue
        group, waiting = {start}, [start]
        while waiting:
            for other in neighbours[waiting.pop()] - group:
                group.add(other)
                waiting.append(other)
        seen |= group
        expected.add(frozenset(f"f{index}" for index in group))
    assert len(expected) > 3
    assert _group_sets(found) == expected


def test_frames_of_one_clip_are_no_copies() -> None:
    frames = np.repeat(_fan_pictures(10), 5, axis=0)
    clips = [f"c{index // 5}" for index in range(50)]
    found = find_near_duplicates(_catalog(clips, clips), lambda places: frames[places])
    assert found.groups.is_empty()


def test_black_frames_are_no_copies() -> None:
    frames = np.concatenate([_fan_pictures(10), np.zeros((10, SIZE, SIZE), np.uint8)])
    names = [str(index) for index in range(20)]
    assert find_near_duplicates(_catalog(names, names), lambda places: frames[places]).groups.is_empty()


def test_a_picture_that_many_patients_share_is_common() -> None:
    pictures = _fan_pictures(60)
    frames = np.concatenate([pictures, [pictures[0]] * 9, [pictures[1]]])
    names = [str(index) for index in range(70)]
    found = find_near_duplicates(_catalog(names, names), lambda places: frames[places])
    assert found.common_pictures == 1
    assert _group_sets(found) == {frozenset({"f1", "f69"})}


def test_no_frames() -> None:
    found = find_near_duplicates(_catalog([], []).cast(pl.String), lambda places: np.empty((0, SIZE, SIZE), np.uint8))
    assert found.groups.is_empty()
    assert (found.tied_patients, found.common_pictures) == (0, 0)


def test_the_catalog_shows_the_groups_and_splits_obey_them(tmp_path: Path) -> None:
    cohort = Cohort.create(tmp_path / "c", size=SIZE, key=KEY)
    frames = _fan_pictures(120)
    frames[100] = _copy(frames[5], 0)
    with CohortWriter(cohort) as writer:
        writer.append(frames, frame_rows(120, per_patient=6))
    untied = cohort.splits.make(name="before")
    assert untied.leaking_near_duplicates() == []
    assert cohort.catalog()["near_duplicate_group"].null_count() == 120
    found = update_near_duplicates(cohort)
    assert found.tied_patients == 2
    catalog = cohort.catalog()
    assert len(catalog) == 120
    assert np.flatnonzero(catalog["near_duplicate_group"].is_not_null()).tolist() == [5, 100]
    for seed in range(5):
        split = cohort.splits.make(seed=seed, name=f"seed-{seed}")
        parts = dict(split.catalog().select("frame_id", "part").iter_rows())
        assert parts[f"{5:032x}"] == parts[f"{100:032x}"]


def test_an_update_replaces_what_was_found_before(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(12, size=32)
    update_near_duplicates(cohort)
    first = (cohort.path / "near_duplicates.parquet").read_bytes()
    update_near_duplicates(cohort)
    assert (cohort.path / "near_duplicates.parquet").read_bytes() == first
