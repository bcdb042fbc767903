import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from sonosift.errors import SonosiftError
from sonosift.neighbours.neighbour_table import nearest_rows, neighbour_table


def test_equals_brute_force_of_scikit_learn():
    rows = np.random.default_rng(0).standard_normal((300, 16))
    table = neighbour_table(rows, 20)
    expected = NearestNeighbors(n_neighbors=21, metric="cosine", algorithm="brute").fit(rows).kneighbors(rows)[1]
    assert table.shape == (300, 21)
    np.testing.assert_array_equal(table, expected)


def test_more_rows_than_one_block_and_queries_of_their_own(monkeypatch):
    monkeypatch.setattr("sonosift.neighbours.neighbour_table._ROWS_AT_A_TIME", 7)
    draw = np.random.default_rng(1)
    reference, queries = draw.standard_normal((50, 5)), draw.standard_normal((23, 5))
    places, cosines = nearest_rows(queries, reference, 3)
    unit = reference / np.linalg.norm(reference, axis=1, keepdims=True)
    products = queries / np.linalg.norm(queries, axis=1, keepdims=True) @ unit.T
    np.testing.assert_array_equal(places, np.argsort(-products, axis=1)[:, :3])
    np.testing.assert_allclose(cosines, -np.sort(-products, axis=1)[:, :3], atol=1e-5)


def test_lengths_do_not_matter_and_order_only_renames():
    draw = np.random.default_rng(2)
    rows = draw.standard_normal((40, 6))
    table = neighbour_table(rows, 5)
    np.testing.assert_array_equal(neighbour_table(rows * draw.uniform(0.1, 9, (40, 1)), 5), table)
    order = draw.permutation(40)
    place = np.argsort(order)
    np.testing.assert_array_equal(neighbour_table(rows[order], 5), place[table[order]])


@pytest.mark.parametrize("frames", [1, 2, 30])
def test_identical_frames_and_fewer_frames_than_neighbours(frames):
    table = neighbour_table(np.ones((frames, 4)), 20)
    assert table.shape == (frames, min(21, frames))
    np.testing.assert_array_equal(table[:, 0], np.arange(frames))
    for own, row in enumerate(table.tolist()):
        assert own not in row[1:]
        assert len(set(row)) == len(row)


def test_rows_of_zeros_have_neighbours_too():
    rows = np.vstack([np.zeros((3, 4)), np.eye(4)])
    table = neighbour_table(rows, 2)
    assert all(len(set(row)) == 3 for row in table.tolist())


def test_embeddings_that_are_no_numbers():
    rows = np.ones((4, 2))
    rows[2, 1] = np.nan
    with pytest.raises(SonosiftError, match=r"1 of 4 frames has an embedding that is not finite, the first in row 2"):
        neighbour_table(rows)
    with pytest.raises(SonosiftError, match="no frame to group"):
        neighbour_table(np.ones((0, 2)))
