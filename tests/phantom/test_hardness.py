"""The hardness check at a small size: the limits are wider, because 90 patients tell less than 440."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "phantom_hardness.py"


@pytest.fixture(scope="module")
def hardness():
    spec = importlib.util.spec_from_file_location("phantom_hardness", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pictures(hardness):
    return hardness.Pictures(
        *(
            np.concatenate(column)
            for column in zip(*(hardness._one_patient((7, number)) for number in range(90)), strict=True)
        )
    )


def test_pixels_do_not_give_the_groups_away(hardness, pictures):
    purity, majority = hardness.check_k_means(pictures, seed=0)
    assert purity < majority + 0.13


def test_a_linear_probe_on_pixels_stays_near_the_floor(hardness, pictures):
    f1, floor = hardness.check_pixel_probe(pictures, seed=0)
    assert f1 < 0.60
    assert 0.3 < floor < 0.6


def test_the_machine_does_not_give_the_organ_away(hardness, pictures):
    accuracy, majority = hardness.check_nuisance_probe(pictures, seed=0)
    assert accuracy < majority + 0.12


def test_labels_are_as_skewed_as_in_the_published_test_set(pictures):
    """Supports of Dadoun's Table 1 over 1,242 images, with room for 90 patients."""
    published = np.array([555, 115, 315, 316, 72, 135, 58]) / 1242
    assert np.abs(pictures.labels.mean(axis=0) - published).max() < 0.11
    assert 10 < len(pictures.images) / 90 < 16
