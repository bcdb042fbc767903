"""Frames that are copies of each other: the same picture exported twice, or filed under two patient numbers.

Splits keep patients together who share such a picture. The frames of one clip resemble each other anyway, so only pairs
from different clips count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from sonosift.cohort import perceptual_hash
from sonosift.cohort.catalog import NEAR_DUPLICATES
from sonosift.machine import atomic, progress

if TYPE_CHECKING:
    from sonosift.cohort.cohort import Cohort

# Four bands of 16 bits, each looked up with at most one bit flipped, find every pair that differs in up to 7 bits:
# spread over four bands, 7 differing bits leave one band with at most one of them.
_BANDS, _BAND_BITS, _FLIPS = 4, 16, 1
MAX_DIFFERING_BITS = 7
# Chosen with benchmarks/near_duplicate_detection.py: near-copies of real images lie above, images of other patients
# from the same machine below.
MIN_CORRELATION = 0.7
MAX_PATIENTS = 4
_CHUNK = 2048

Pairs = npt.NDArray[np.int64]
ReadFrames = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class NearDuplicates:
    """What was found.

    Attributes:
        groups: ``frame_id, near_duplicate_group``, only frames that have a copy in another clip.
        tied_patients: How many patients share a picture with another patient.
        common_pictures: Groups left out because so many patients have them that they are no copies but a common
            picture (a probe in air, a test image).
    """

    groups: pl.DataFrame
    tied_patients: int
    common_pictures: int


def update_near_duplicates(cohort: Cohort) -> NearDuplicates:
    """Look for near-duplicates among all frames of a cohort and keep the groups beside the catalog."""
    found = find_near_duplicates(cohort.catalog(), cohort.frames.read_places)
    with atomic.replacing(cohort.path / NEAR_DUPLICATES) as temporary:
        found.groups.write_parquet(temporary, compression="zstd", compression_level=3)
    return found


def find_near_duplicates(
    catalog: pl.DataFrame,
    read: ReadFrames,
    *,
    min_correlation: float = MIN_CORRELATION,
    max_patients: int = MAX_PATIENTS,
) -> NearDuplicates:
    """Group the frames that look the same though they come from different clips.

    Args:
        catalog: The frames, with ``frame_id``, ``clip`` and ``patient``.
        read: Returns the frames at places of the catalog.
        min_correlation: How well the fine structure of two frames has to agree.
        max_patients: A picture that more patients share is common to them, not copied.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(catalog)
    clips = catalog["clip"].rank("dense").cast(pl.Int64).to_numpy() if count else np.empty(0, dtype=np.int64)
    pairs = _verified(_candidates(_hashes(count, read), clips), read, min_correlation)
    links = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    component = connected_components(links, directed=False)[1] if count else np.empty(0, dtype=np.int64)
    linked = np.unique(pairs)
    rows = catalog[linked].select("frame_id", "patient").with_columns(pl.Series("component", component[linked]))
    patients = pl.col("patient").n_unique().over("component").alias("patients")
    rows = rows.with_columns(patients)
    kept, common = rows.filter(pl.col("patients") <= max_patients), rows.filter(pl.col("patients") > max_patients)
    # Numbered in the order of the catalog.
    number = {name: index for index, name in enumerate(kept["component"].unique(maintain_order=True))}
    groups = kept.select(
        "frame_id", pl.col("component").replace_strict(number, return_dtype=pl.Int64).alias("near_duplicate_group")
    )
    tied = kept.filter(pl.col("patients") > 1)["patient"].n_unique()
    return NearDuplicates(groups, tied_patients=tied, common_pictures=common["component"].n_unique())


def _hashes(count: int, read: ReadFrames) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Return the places of all frames that show anything, and their hashes."""
    coefficients = np.empty((count, perceptual_hash.BITS), dtype=np.float32)
    shows = np.zeros(count, dtype=bool)
    with progress.bar("near-duplicates", count, "frames") as bar:
        for part in _chunks(count):
            coefficients[part], shows[part] = perceptual_hash.low_frequencies(read(part))
            bar.advance(len(part))
    return np.flatnonzero(shows), perceptual_hash.hash_bits(coefficients[shows])


def _candidates(hashed: tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]], clips: npt.NDArray[np.int64]) -> Pairs:
    """Return pairs of places, from different clips, whose hashes differ in at most 7 bits."""
    import faiss

    places, hashes = hashed
    index = faiss.IndexBinaryMultiHash(perceptual_hash.BITS, _BANDS, _BAND_BITS)
    index.nflip = _FLIPS
    index.add(hashes)
    found: list[Pairs] = [np.empty((0, 2), dtype=np.int64)]
    for part in _chunks(len(places)):
        # faiss returns distances strictly below the radius.
        limits, _, neighbours = index.range_search(hashes[part], MAX_DIFFERING_BITS + 1)
        asked = np.repeat(part, np.diff(limits).astype(np.int64))
        first, second = places[asked], places[neighbours]
        wanted = (first < second) & (clips[first] != clips[second])
        found.append(np.stack([first[wanted], second[wanted]], axis=1))
    return np.concatenate(found)


def _verified(pairs: Pairs, read: ReadFrames, min_correlation: float) -> Pairs:
    """Keep the pairs whose fine structure correlates."""
    places, within = np.unique(pairs, return_inverse=True)
    within = within.reshape(pairs.shape)
    structure = np.concatenate(
        [np.empty((0, 32 * 32), dtype=np.float32)]
        + [perceptual_hash.fine_structure(read(places[part])) for part in _chunks(len(places))]
    )
    kept = np.zeros(len(pairs), dtype=bool)
    for part in _chunks(len(pairs)):
        one, other = structure[within[part, 0]], structure[within[part, 1]]
        kept[part] = np.einsum("ij,ij->i", one, other) >= min_correlation
    return pairs[kept]


def _chunks(count: int) -> Iterator[npt.NDArray[np.int64]]:
    for start in range(0, count, _CHUNK):
        yield np.arange(start, min(start + _CHUNK, count))
