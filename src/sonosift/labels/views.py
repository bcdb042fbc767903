"""Standard views of an ultrasound department and the four super-groups that they fall into."""

from __future__ import annotations

from sonosift.labels.space import LabelSpace

VIEWS_OF_SUPER_GROUP: dict[str, tuple[str, ...]] = {
    "liver": ("liver_left_sag", "liver_left_trv", "liver_right_lobe", "liver_dome", "portal_vein"),
    "centre": ("gallbladder_sag", "gallbladder_trv", "common_bile_duct", "pancreas", "aorta"),
    "flank": ("right_kidney_sag", "right_kidney_trv", "left_kidney_sag", "left_kidney_trv", "spleen"),
    "outside": ("bladder_sag", "bladder_trv", "thyroid_right", "thyroid_left", "lung", "neck", "soft_tissue"),
}

SUPER_GROUP_OF_VIEW: dict[str, str] = {view: group for group, views in VIEWS_OF_SUPER_GROUP.items() for view in views}

VIEWS = LabelSpace(name="views", kind="single", names=tuple(SUPER_GROUP_OF_VIEW))

SUPER_GROUPS = LabelSpace(name="super_groups", kind="single", names=tuple(VIEWS_OF_SUPER_GROUP))
