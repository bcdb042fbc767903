import numpy as np

from sonosift.batches.neighbour_sampler import NeighbourSampler


def test_anchors_pass_once_and_neighbours_come_evenly_from_their_own_row():
    table = np.arange(40)[:, None] + 100 * np.arange(4)[None]
    sampler = NeighbourSampler(table, batch_size=10, seed=0)
    steps = 400
    drawn = np.concatenate([sampler.rows(step) for step in range(steps)])
    assert sampler.steps_per_epoch == 4
    for epoch in range(3):
        anchors = np.concatenate([sampler.rows(4 * epoch + step)[:, 0] for step in range(4)])
        assert sorted(anchors.tolist()) == list(range(40))
    np.testing.assert_array_equal(drawn[:, 1] % 100, drawn[:, 0])
    shares = np.bincount(drawn[:, 1] // 100, minlength=4) / len(drawn)
    np.testing.assert_allclose(shares, 0.25, atol=5 * np.sqrt(0.25 * 0.75 / len(drawn)))


def test_any_step_alone_is_the_step_in_its_place_and_one_row_is_enough():
    table = np.random.default_rng(0).integers(0, 9, (9, 3))
    sampler = NeighbourSampler(table, batch_size=4, seed=3)
    third = sampler.rows(2)
    np.testing.assert_array_equal(NeighbourSampler(table, batch_size=4, seed=3).rows(2), third)
    lonely = NeighbourSampler(np.zeros((1, 1), dtype=np.int64), batch_size=128, seed=0)
    np.testing.assert_array_equal(lonely.rows(5), [[0, 0]])
