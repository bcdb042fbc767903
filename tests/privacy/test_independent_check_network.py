"""A large picture is scored in bands, to the same answer."""

import numpy as np
import pytest

from sonosift.privacy import independent_check_network as network


@pytest.mark.parametrize("shape", [(333, 240), (64, 500), (41, 17)])
def test_bands_say_what_the_whole_says(monkeypatch, shape):
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    whole = network.scores(picture)
    monkeypatch.setattr(network, "_PIXELS_AT_ONCE", 3000)
    banded = network.scores(picture)
    assert banded.shape == whole.shape == (-(-shape[0] // 8), -(-shape[1] // 8))
    np.testing.assert_allclose(banded, whole, atol=1e-3)


def test_memory_does_not_grow_with_the_height(monkeypatch):
    sizes = []
    scored = network._scored
    monkeypatch.setattr(network, "_scored", lambda flat, weights: sizes.append(flat.size) or scored(flat, weights))
    network.scores(np.zeros((3000, 2700), dtype=np.uint8))
    assert max(sizes) < 2_300_000
    assert len(sizes) > 3
