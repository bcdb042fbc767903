"""A label space: the names that a label may take, their order, and which rows of zeros and ones are allowed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sonosift.errors import SonosiftError, unknown_name

LabelRows = npt.NDArray[np.uint8]
LabelKind = Literal["multi", "single", "ordinal", "lesion"]

ONE_HOT_KINDS: frozenset[LabelKind] = frozenset({"single", "ordinal"})


class LabelSpace(BaseModel):
    """Names in a fixed order: column ``i`` of every label matrix is ``names[i]``.

    Attributes:
        name: How annotations refer to this space.
        kind: ``multi``: any number of names at once; ``single``: exactly one; ``ordinal``: exactly one, and the order
            of ``names`` is the order of the grades; ``lesion``: any number, each may carry boxes.
        names: The allowed names.
        exclusive: The name that says "none of the others" (``other``), or null.

    >>> organs = LabelSpace(name="organs", kind="multi", names=("liver", "kidney", "other"), exclusive="other")
    >>> organs.encode({"kidney", "liver"})
    array([1, 1, 0], dtype=uint8)
    >>> organs.decode(organs.encode(["other"]))
    ('other',)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    kind: LabelKind
    names: tuple[str, ...] = Field(min_length=2)
    exclusive: str | None = None

    @model_validator(mode="after")
    def _check_names(self) -> LabelSpace:
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"label space {self.name!r} holds a name twice: {', '.join(self.names)}")
        if self.exclusive is not None and self.exclusive not in self.names:
            raise ValueError(f"exclusive name {self.exclusive!r} is not one of {', '.join(self.names)}")
        if self.exclusive is not None and self.kind in ONE_HOT_KINDS:
            raise ValueError(f"a {self.kind} label space holds one name per row already; leave `exclusive` out")
        return self

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Return the column of ``name``, or an error that lists the allowed names."""
        try:
            return self.names.index(name)
        except ValueError:
            raise unknown_name(f"label of {self.name}", name, self.names) from None

    def encode(self, names: Iterable[str]) -> LabelRows:
        """Turn a set of names into one checked row of zeros and ones."""
        if isinstance(names, str):
            raise SonosiftError(f"labels must be a set of names, not the text {names!r}", f"Write {{{names!r}}}.")
        row = np.zeros(len(self.names), dtype=np.uint8)
        for name in names:
            row[self.index(name)] = 1
        self.validate_rows(row[None])
        return row

    def decode(self, row: npt.ArrayLike) -> tuple[str, ...]:
        """Return the names whose column is not zero, in the order of the space."""
        values = np.asarray(row)
        if values.shape != (len(self.names),):
            raise SonosiftError(
                f"a row of label space {self.name!r} has {len(self.names)} columns, received shape {values.shape}"
            )
        return tuple(name for name, value in zip(self.names, values, strict=True) if value)

    def validate_rows(self, matrix: npt.ArrayLike) -> None:
        """Raise unless every row is possible in this space.

        Entries are 0 or 1. With an exclusive name, it is 1 exactly where all others are 0. ``single`` and ``ordinal``
        rows are one-hot. An empty row means "no answer" and is never a label where a name for "none" exists.
        """
        rows = np.asarray(matrix)
        if rows.ndim != 2 or rows.shape[1] != len(self.names):
            raise SonosiftError(
                f"labels of {self.name!r} need shape [n, {len(self.names)}], received {list(rows.shape)}",
                f"The columns are: {', '.join(self.names)}.",
            )
        possible = self.possible_rows(rows)
        if not possible.all():
            first = int(np.flatnonzero(~possible)[0])
            raise SonosiftError(
                f"row {first} is not a label of {self.name!r}: {self._show(rows[first])}", self.rule_in_words()
            )

    def possible_rows(self, matrix: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Say for each row whether it obeys the rule of this space."""
        rows = np.asarray(matrix)
        binary = ((rows == 0) | (rows == 1)).all(axis=1)
        if self.kind in ONE_HOT_KINDS:
            return np.asarray(binary & (rows.sum(axis=1) == 1))
        if self.exclusive is None:
            return np.asarray(binary)
        column = self.names.index(self.exclusive)
        others = np.delete(rows, column, axis=1).any(axis=1)
        return np.asarray(binary & (rows[:, column].astype(bool) != others))

    def _show(self, row: npt.NDArray[Any]) -> str:
        if not np.isin(row, (0, 1)).all():
            return f"entries {row.tolist()}"
        return "{" + ", ".join(self.decode(row)) + "}"

    def rule_in_words(self) -> str:
        """Return what a row must be, for a person who has just written another one."""
        if self.kind in ONE_HOT_KINDS:
            return f"Give exactly one of: {', '.join(self.names)}."
        if self.exclusive is not None:
            others = [name for name in self.names if name != self.exclusive]
            return f"Give {self.exclusive!r} alone, or one or more of: {', '.join(others)}."
        return "Entries are 0 or 1."
