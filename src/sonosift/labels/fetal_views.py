"""FUSC's fifteen views of a fetus and the four super-groups that the paper merges them into."""

from __future__ import annotations

from sonosift.labels.space import LabelSpace

FETAL_VIEWS_OF_SUPER_GROUP: dict[str, tuple[str, ...]] = {
    "heart": ("rvot", "lvot", "4ch", "3vv"),
    "head": ("brain", "profile", "orbit", "lips_nose"),
    "abdomen": ("abdomen", "kidney", "diaphragm", "cord_insertion"),
    "bone": ("spine", "feet", "femur"),
}

FETAL_VIEWS = LabelSpace(
    name="fetal_views",
    kind="single",
    names=tuple(view for views in FETAL_VIEWS_OF_SUPER_GROUP.values() for view in views),
)
