import torch

from sonosift.batches.draws import torch_draws
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.neighbour_consistency import neighbour_consistency
from sonosift.methods.method import Batch, Place
from sonosift.training.finished_run import new_method

TINY = {"backbone": "test_resnet", "image_size": 32, "clusters": 3, "batch_size": 6}
ROWS = Rows(["e"] * 12, ["c"] * 12, list(range(12)))


def pairs():
    frames = torch.randint(0, 256, (6, 2, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return frames, ViewDraws(torch_draws(0, "views", 0))


def fusc(**settings):
    return new_method("fusc", TINY | settings, {"frames": 12}, seed=0)


def test_loss_is_that_of_the_paper_on_the_two_views_and_neighbours_are_drawn_apart():
    method = fusc(entropy_weight=2.0).eval()
    views = method.views(*pairs())
    assert not torch.equal(views["anchor"], views["neighbour"])
    losses = method.losses(Batch(views))
    anchors, neighbours = (method(views[name])[1] for name in ("anchor", "neighbour"))
    expected = neighbour_consistency(anchors, neighbours, 2.0)
    torch.testing.assert_close(losses["loss"], expected.total)
    torch.testing.assert_close(losses["entropy"], expected.entropy.detach())


def test_identical_pairs_still_get_views_of_their_own():
    frames, draws = pairs()
    views = fusc().views(torch.stack([frames[:, 0], frames[:, 0]], dim=1), draws)
    assert not torch.equal(views["anchor"], views["neighbour"])


def test_only_the_head_learns_when_asked():
    method = fusc(learns="head").train()
    before = {key: value.clone() for key, value in method.state_dict().items()}
    (optimizer,) = method.turns().values()
    method.losses(Batch(method.views(*pairs())))["loss"].backward()
    optimizer.step()
    changed = {key for key, value in method.state_dict().items() if not torch.equal(before[key], value)}
    assert changed == {"cluster_head.weight", "cluster_head.bias"}


def test_sampler_draws_from_the_table_which_is_no_wider_than_there_are_frames():
    method = fusc(neighbours=99)
    assert method.table.shape == (12, 12)
    assert (method.sampler(ROWS, 0).rows(0)[:, 0] == method.sampler(ROWS, 0).rows(0)[:, 1]).all()
    method.table.copy_(torch.full((12, 12), 7))
    assert (method.sampler(ROWS, 0).rows(0)[:, 1] == 7).all()


def test_self_labelling_changes_nothing_where_nothing_is_sure():
    method = new_method("self-label", TINY | {"threshold": 0.999999}, {}, seed=0).train()
    (optimizer,) = method.turns().values()
    weights = {key: value.clone() for key, value in method.named_parameters()}
    frames, draws = pairs()
    losses = method.losses(Batch(method.views(frames[:, 0], draws)))
    losses["loss"].backward()
    method.after_backward(Place(0, 1, 1))
    optimizer.step()
    assert float(losses["loss"].detach()) == float(losses["confident_share"]) == 0
    assert int(method.skipped) == 1
    assert all(torch.equal(weights[key], value) for key, value in method.named_parameters())


def test_self_labelling_learns_the_answers_on_the_plain_image():
    method = new_method("self-label", TINY | {"threshold": 0.0, "class_balancing": False}, {}, seed=0).eval()
    frames, draws = pairs()
    views = method.views(frames[:, 0], draws)
    losses = method.losses(Batch(views))
    answers = method(views["plain"])[1].argmax(dim=1)
    expected = torch.nn.functional.cross_entropy(method(views["strong"])[1], answers)
    torch.testing.assert_close(losses["loss"], expected)
    assert float(losses["confident_share"]) == 1
