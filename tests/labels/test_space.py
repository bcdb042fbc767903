from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sonosift.errors import SonosiftError
from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.lesions import LESIONS, MALIGNANT, is_malignant
from sonosift.labels.morison_quality import MORISON_QUALITY
from sonosift.labels.named_spaces import LABEL_SPACES, label_space
from sonosift.labels.space import LabelSpace
from sonosift.labels.views import SUPER_GROUP_OF_VIEW, SUPER_GROUPS, VIEWS

SPACES = list(LABEL_SPACES.values())
FREE = LabelSpace(name="free", kind="multi", names=("a", "b", "c"))


def _allowed(space: LabelSpace, names: set[str]) -> bool:
    """The rules, said over sets of names instead of rows."""
    if space.kind in ("single", "ordinal"):
        return len(names) == 1
    if space.exclusive is None:
        return True
    return names == {space.exclusive} or (len(names) > 0 and space.exclusive not in names)


@pytest.mark.parametrize("space", [ABDOMEN, LESIONS, MORISON_QUALITY, SUPER_GROUPS, FREE], ids=lambda space: space.name)
def test_every_possible_row(space: LabelSpace) -> None:
    rows = np.array(list(itertools.product((0, 1), repeat=len(space))), dtype=np.uint8)
    sets = [{name for name, value in zip(space.names, row, strict=True) if value} for row in rows]
    np.testing.assert_array_equal(space.possible_rows(rows), [_allowed(space, names) for names in sets])
    for row, names in zip(rows, sets, strict=True):
        if _allowed(space, names):
            np.testing.assert_array_equal(space.encode(names), row)
            assert set(space.decode(row)) == names
        else:
            with pytest.raises(SonosiftError, match="not a label"):
                space.encode(names)


def test_the_abdomen_has_63_sets_of_organs_and_other() -> None:
    rows = np.array(list(itertools.product((0, 1), repeat=7)))
    assert ABDOMEN.possible_rows(rows).sum() == 64
    assert ABDOMEN.names == ("liver", "gallbladder", "other", "kidney", "pancreas", "spleen", "bladder")


@given(st.lists(st.sampled_from(ABDOMEN.names), min_size=1))
def test_order_and_repetition_of_names_do_not_matter(names: list[str]) -> None:
    if not _allowed(ABDOMEN, set(names)):
        return
    row = ABDOMEN.encode(names)
    np.testing.assert_array_equal(row, ABDOMEN.encode(reversed(names)))
    assert ABDOMEN.decode(row) == tuple(name for name in ABDOMEN.names if name in names)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_found_by_name_and_survives_json(space: LabelSpace) -> None:
    assert label_space(space.name) is space
    assert LabelSpace.model_validate_json(space.model_dump_json()) == space


def test_errors_name_the_mistake() -> None:
    with pytest.raises(SonosiftError, match="Did you mean 'liver'"):
        ABDOMEN.encode({"livr"})
    with pytest.raises(SonosiftError, match="set of names"):
        ABDOMEN.encode("liver")
    with pytest.raises(SonosiftError, match=r"row 1 .*\{liver, other\}"):
        ABDOMEN.validate_rows([ABDOMEN.encode({"liver"}), [1, 0, 1, 0, 0, 0, 0]])
    with pytest.raises(SonosiftError, match="entries"):
        FREE.validate_rows([[2, 0, 0]])
    with pytest.raises(SonosiftError, match=r"shape \[n, 7\]"):
        ABDOMEN.validate_rows(np.zeros(7))
    with pytest.raises(SonosiftError, match="7 columns"):
        ABDOMEN.decode([1, 0])
    with pytest.raises(SonosiftError, match="Did you mean 'abdomen'"):
        label_space("abdomn")


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": ("a", "a")},
        {"names": ("a",)},
        {"exclusive": "z"},
        {"kind": "single", "exclusive": "a"},
        {"kind": "many"},
        {"colour": "red"},
    ],
)
def test_impossible_spaces(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LabelSpace(**({"name": "x", "kind": "multi", "names": ("a", "b")} | wrong))


def test_a_space_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        ABDOMEN.exclusive = None


def test_views_and_their_super_groups() -> None:
    assert len(VIEWS) >= 15
    assert len(SUPER_GROUPS) == 4
    assert set(SUPER_GROUP_OF_VIEW) == set(VIEWS.names)
    assert set(SUPER_GROUP_OF_VIEW.values()) == set(SUPER_GROUPS.names)


def test_malignant_lesions() -> None:
    assert {kind for kind in LESIONS.names if is_malignant({kind})} == MALIGNANT == {"metastasis", "hcc"}
    assert not is_malignant(set())
    with pytest.raises(SonosiftError, match="unknown label"):
        is_malignant({"hccc"})
