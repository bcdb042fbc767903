import numpy as np
import pytest
import torch
from torch import nn

from sonosift.clusters.feature_heads import FeatureHeads
from sonosift.clusters.fusc_head import Judged, fusc_head
from sonosift.clusters.temi_config import TemiConfig
from sonosift.clusters.temi_heads import temi
from sonosift.methods.fusc_config import FuscConfig
from sonosift.metrics.clustering import filled_clusters, hungarian_accuracy, purity
from sonosift.neighbours.neighbour_table import neighbour_table
from sonosift.training.label_free_score import label_free_score


@pytest.fixture(scope="module")
def blobs():
    """Five clouds on the sphere, and their neighbours."""
    draw = np.random.default_rng(0)
    truth = np.repeat(np.arange(5), 60)
    centres = draw.standard_normal((5, 16))
    rows = centres[truth] + 0.5 * draw.standard_normal((300, 16))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return rows, truth, neighbour_table(rows, 10)


def groups_of(head, rows):
    with torch.no_grad():
        return head(torch.from_numpy(rows))[0].argmax(dim=1).numpy()


def test_heads_are_the_linear_layers_of_torch_side_by_side():
    heads = FeatureHeads(6, 3, heads=2, hidden=(5,))
    rows = torch.randn(4, 6)
    for number in range(2):
        first, second = nn.Linear(6, 5), nn.Linear(5, 3)
        with torch.no_grad():
            for layer, place in ((first, 0), (second, 1)):
                layer.weight.copy_(heads.weights[place][number].T)
                layer.bias.copy_(heads.biases[place][number, 0])
        expected = second(torch.relu(first(rows)))
        torch.testing.assert_close(heads(rows)[number], expected)
        torch.testing.assert_close(heads.only(number)(rows)[0], expected)


def test_features_of_any_place_and_size_look_the_same_to_heads():
    heads, rows = FeatureHeads(6, 3), torch.randn(50, 6)
    heads.fit_scale(rows)
    before = heads(rows)
    heads.fit_scale(1000 * rows + 7)
    torch.testing.assert_close(heads(1000 * rows + 7), before, atol=1e-3, rtol=1e-3)
    again = FeatureHeads.from_tensors(heads.state_dict())
    assert torch.equal(again(rows), heads(rows))


def test_temi_finds_separated_clouds_and_reports_the_head_of_lowest_loss(blobs):
    rows, truth, table = blobs
    found = temi(rows, table, TemiConfig(clusters=5, heads=4, steps=300, learning_rate=5e-3), seed=0)
    assert hungarian_accuracy(groups_of(found.head, rows), truth) > 0.95
    assert found.loss == min(found.losses)
    assert len(found.losses) == 4
    again = temi(rows, table, TemiConfig(clusters=5, heads=4, steps=300, learning_rate=5e-3), seed=0)
    np.testing.assert_array_equal(groups_of(found.head, rows), groups_of(again.head, rows))


def test_temi_with_layers_between(blobs):
    rows, truth, table = blobs
    config = TemiConfig(clusters=5, heads=2, hidden=(16,), steps=400, learning_rate=5e-3)
    assert purity(groups_of(temi(rows, table, config, seed=0).head, rows), truth) > 0.9


def test_fusc_head_finds_them_too(blobs):
    rows, truth, table = blobs
    config = FuscConfig(clusters=5, steps=300, learning_rate=2e-2)
    found = fusc_head(rows, table, Judged(rows, table[:, :6]), config, seed=0)
    groups = groups_of(found.head, rows)
    assert filled_clusters(groups) == 5
    assert hungarian_accuracy(groups, truth) > 0.95
    assert 0 < found.best_step <= found.steps == 300


def test_killed_and_continued_it_ends_with_the_same_head(blobs, tmp_path):
    rows, _, table = blobs
    whole = temi(rows, table, TemiConfig(clusters=5, heads=2, steps=30), seed=1)

    class KilledError(Exception):
        pass

    def kill(step, **_):
        if step == 20:
            raise KilledError

    import sonosift.clusters.feature_loop as loop

    config = TemiConfig(clusters=5, heads=2, steps=30)
    plan = loop.FeaturePlan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sonosift.clusters.temi_heads.FeaturePlan", lambda steps: plan(steps, log_every=10, save_every_s=0)
        )
        with pytest.raises(KilledError):
            temi(rows, table, config, seed=1, state_folder=tmp_path, log=kill)
        continued = temi(rows, table, config, seed=1, state_folder=tmp_path)
    for key, tensor in whole.head.state_dict().items():
        assert torch.equal(tensor, continued.head.state_dict()[key])


@pytest.mark.parametrize("frames", [1, 2])
def test_one_or_two_frames_do_not_break_it(frames):
    rows = np.eye(4, dtype=np.float32)[:frames]
    table = neighbour_table(rows, 10)
    assert np.isfinite(temi(rows, table, TemiConfig(clusters=2, heads=2, steps=5), seed=0).loss)
    config = FuscConfig(clusters=2, steps=5)
    assert fusc_head(rows, table, Judged(rows, table), config, seed=0).steps == 5


def test_label_free_score_against_loops_and_without_the_weight():
    draw = np.random.default_rng(0)
    logits = draw.standard_normal((12, 3)).astype(np.float32)
    table = np.column_stack([np.arange(12), *(draw.integers(0, 12, (2, 12)))])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    pairs = [(n, m) for n in range(12) for m in table[n, 1:]]
    consistency = -np.mean([np.log(p[n] @ p[m]) for n, m in pairs])
    mean = p.mean(axis=0)
    entropy = -(mean * np.log(mean)).sum()
    assert label_free_score(logits, table).value == pytest.approx(entropy - consistency, rel=1e-5)
    certain = 50 * np.eye(3, dtype=np.float32)[np.arange(12) % 3]
    same = np.column_stack([np.arange(12), (np.arange(12) + 3) % 12])
    # The best there is: neighbours agree and all groups are equal.
    assert label_free_score(certain, same).value == pytest.approx(np.log(3), abs=1e-4)
