"""The label spaces that come with Sonosift, by name."""

from __future__ import annotations

from sonosift.errors import unknown_name
from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.fetal_views import FETAL_VIEWS
from sonosift.labels.lesions import LESIONS
from sonosift.labels.morison_quality import MORISON_QUALITY
from sonosift.labels.space import LabelSpace
from sonosift.labels.views import SUPER_GROUPS, VIEWS

LABEL_SPACES: dict[str, LabelSpace] = {
    space.name: space for space in (ABDOMEN, VIEWS, SUPER_GROUPS, FETAL_VIEWS, LESIONS, MORISON_QUALITY)
}


def label_space(name: str) -> LabelSpace:
    """Return a label space by its name, or an error that names the close ones.

    >>> label_space("abdomen").exclusive
    'other'
    """
    if name not in LABEL_SPACES:
        raise unknown_name("label space", name, LABEL_SPACES)
    return LABEL_SPACES[name]
