"""How several statements about one target become one label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from sonosift.labels.space import LabelRows, LabelSpace

Policy = Literal["latest", "consensus", "adjudicated"]

# What a person or a reference says outranks what a machine derived, however new the latter is.
AUTHORITATIVE = frozenset({"expert", "adjudication", "truth", "csv", "manifest"})
ADJUDICATION = "adjudication"


class Statement(NamedTuple):
    """What one author said once: a label row, by whom, from which source."""

    row: LabelRows
    author: str
    source: str


def settle(statements: Sequence[Statement], policy: Policy, space: LabelSpace) -> LabelRows | None:
    """Return the label that ``statements`` (in the order in which they were made) come to, or None if they do not.

    >>> from sonosift.labels.abdomen import ABDOMEN
    >>> liver, spleen = ABDOMEN.encode({"liver"}), ABDOMEN.encode({"spleen"})
    >>> said = [Statement(liver, "ann", "expert"), Statement(spleen, "bob", "expert")]
    >>> ABDOMEN.decode(settle(said, "latest", ABDOMEN))
    ('spleen',)
    >>> settle(said, "consensus", ABDOMEN) is None
    True
    """
    ranked = [said for said in statements if said.source in AUTHORITATIVE] or list(statements)
    if not ranked:
        return None
    if policy == "latest":
        return ranked[-1].row
    if policy == "adjudicated":
        verdicts = [said for said in ranked if said.source == ADJUDICATION]
        if verdicts:
            return verdicts[-1].row
    newest = {said.author: said.row for said in ranked}
    votes = np.stack(list(newest.values())).astype(np.int64)
    if policy == "adjudicated":
        return ranked[-1].row if (votes == votes[0]).all() else None
    twice = 2 * votes.sum(axis=0)
    # A tie on any label, or a majority that is no possible label, is no consensus.
    agreed: LabelRows = (twice > len(votes)).astype(np.uint8)
    if (twice == len(votes)).any() or not space.possible_rows(agreed[None])[0]:
        return None
    return agreed
