"""Label combinations: each distinct row of a multi-label matrix taken as one class (Dadoun et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonosift.errors import SonosiftError
from sonosift.labels.space import LabelRows, LabelSpace

NOT_KEPT = -1
MIN_COUNT = 5


@dataclass(frozen=True, eq=False)
class Combinations:
    """The label combinations kept as classes, the most frequent first.

    Attributes:
        rows: ``uint8 [K, C]``, one distinct label row per class.
        counts: ``int64 [K]``, how often each was seen.
    """

    rows: LabelRows
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, labels: npt.ArrayLike, *, min_count: int = MIN_COUNT, k: int | None = None) -> Combinations:
        """Keep the combinations seen at least ``min_count`` times, or exactly the ``k`` most frequent ones.

        Equally frequent rows are ordered by their columns: the order of ``labels`` does not matter.

        >>> kept = Combinations.of([[1, 0], [1, 0], [0, 1], [1, 1]], k=2)
        >>> kept.rows.tolist(), kept.index_of([[0, 1], [1, 0]]).tolist()
        ([[1, 0], [1, 1]], [-1, 0])
        """
        matrix = np.asarray(labels, dtype=np.uint8)
        if matrix.ndim != 2 or not len(matrix):
            raise SonosiftError(
                f"label combinations need a matrix [n, C] with at least one row, received {list(matrix.shape)}",
                "Label some images first.",
            )
        rows, counts = np.unique(matrix, axis=0, return_counts=True)
        order = np.lexsort((*(-rows.T[::-1].astype(np.int64)), -counts))
        rows, counts = rows[order], counts[order].astype(np.int64)
        kept = counts >= min_count if k is None else np.arange(len(rows)) < k
        if k is not None and not 1 <= k <= len(rows):
            raise SonosiftError(f"k is {k}, but the labels hold {len(rows)} distinct combinations")
        if not kept.any():
            raise SonosiftError(
                f"no label combination occurs {min_count} times; the most frequent occurs {counts[0]} times",
                "Lower min_count or label more images.",
            )
        return cls(rows[kept], counts[kept])

    def __len__(self) -> int:
        return len(self.rows)

    def index_of(self, labels: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the class of each row, -1 for a combination that was not kept."""
        matrix = np.asarray(labels, dtype=np.uint8)
        if matrix.ndim != 2 or matrix.shape[1] != self.rows.shape[1]:
            raise SonosiftError(f"labels need shape [n, {self.rows.shape[1]}], received {list(matrix.shape)}")
        classes = {row.tobytes(): index for index, row in enumerate(np.ascontiguousarray(self.rows))}
        found = [classes.get(row.tobytes(), NOT_KEPT) for row in np.ascontiguousarray(matrix)]
        return np.array(found, dtype=np.int64)

    def titles(self, space: LabelSpace) -> tuple[str, ...]:
        """Name each class by its labels: ``liver+kidney``."""
        return tuple("+".join(space.decode(row)) for row in self.rows)
