import numpy as np
import pytest

from sonosift.phantom.anatomy.lesions import LESION_KINDS, LESION_SHARES, draw_lesions
from sonosift.phantom.anatomy.shapes import Ellipsoid, turned
from sonosift.phantom.anatomy.tissue import LIVER

LOBE = Ellipsoid(np.array([-70.0, 0.0, 30.0]), np.array([70.0, 75.0, 75.0]), turned())


def drawn(count: int = 1500):
    return [draw_lesions(np.random.default_rng([3, i]), LOBE, LIVER) for i in range(count)]


def test_shares_are_those_of_the_liver_paper():
    kinds = [lesions[0].kind if lesions else None for lesions in drawn()]
    for kind, share in zip((None, *LESION_KINDS), LESION_SHARES, strict=True):
        assert kinds.count(kind) / len(kinds) == pytest.approx(share, abs=0.03)


def test_lesions_are_inside_the_lobe_apart_and_of_one_kind():
    for lesions in drawn(300):
        assert len({lesion.kind for lesion in lesions}) <= 1
        for i, lesion in enumerate(lesions):
            local = (LOBE.axes @ (lesion.outline.centre - LOBE.centre)) / LOBE.half
            assert np.linalg.norm(local) < 1.0
            for other in lesions[:i]:
                gap = np.linalg.norm(lesion.outline.centre - other.outline.centre)
                assert gap > max(lesion.outline.half.max(), other.outline.half.max())


def test_each_kind_has_its_look():
    look = {}
    for lesions in drawn():
        for lesion in lesions:
            look.setdefault(lesion.kind, []).append(lesion.structures)
    assert all(parts[0].tissue.echo_db < -30 for parts in look["cyst"])
    assert all(5 <= parts[0].tissue.echo_db <= 8 for parts in look["angioma"])
    assert all(parts[0].tissue.echo_db <= -5 for parts in look["metastasis"])
    assert {len(parts) for parts in look["metastasis"]} == {1, 2}  # plain, and targets with a halo
    assert all(len(parts) == 4 and parts[1].tissue.name.endswith("scar") for parts in look["fnh"])
    assert all(parts[0].tissue.mottle_db > 3 for parts in look["hcc"])
    assert np.mean([len(lesions) for lesions in drawn() if lesions and lesions[0].kind == "metastasis"]) > 2


def test_every_part_belongs_to_the_liver():
    assert all(part.tissue.organ == "liver" for lesions in drawn(400) for le in lesions for part in le.structures)
