"""Details of the recipes of MoCo, SimCLR, DINO and DeepCluster that their losses do not show."""

import math

import pytest
import torch
from torch.nn import functional as F

from sonosift.batches.draws import torch_draws
from sonosift.batches.sampler import Rows
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.queue_contrast import queue_contrast
from sonosift.methods.method import Batch, Place
from sonosift.methods.moco import queue_length
from sonosift.methods.registry import config_of
from sonosift.training.finished_run import new_method

SMALL = {"backbone": "test_resnet", "image_size": 32, "batch_size": 4}


def frames(count=4):
    return torch.randint(0, 256, (count, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def batch(method, rows=None):
    return Batch(method.views(frames(), ViewDraws(torch_draws(0, "views", 0))), None, rows)


def test_moco_moves_the_key_network_between_query_and_key_and_enqueues_last():
    method = new_method("moco", SMALL | {"queue": 8, "momentum": 0.5, "projection": 5}, {"frames": 40}, seed=0).train()
    with torch.no_grad():
        for weight in method.backbone.parameters():
            weight.mul_(1.5)
    reference = new_method("moco", SMALL | {"queue": 8, "momentum": 0.5, "projection": 5}, {"frames": 40}, seed=0)
    reference.load_state_dict(method.state_dict())
    given, old = batch(method), method.queue.clone()
    with torch.no_grad():
        query = reference.projection(reference.backbone(given.views["query"]))
        for slow, fast in zip(reference.key_backbone.parameters(), reference.backbone.parameters(), strict=True):
            slow.copy_(0.5 * slow + 0.5 * fast)
        key = F.normalize(reference.key_projection(reference.key_backbone(given.views["key"])), dim=1)
        expected = queue_contrast(query, key, old, 0.2)
    torch.testing.assert_close(method.losses(given)["loss"].detach(), expected)
    torch.testing.assert_close(method.queue[:, :4], key.T)
    assert torch.equal(method.queue[:, 4:], old[:, 4:])
    assert int(method.next_place) == 4
    method.losses(given)
    assert int(method.next_place) == 0


@pytest.mark.parametrize(("wanted", "batch_size", "frames_there"), [(65536, 256, 100_000), (1000, 32, 500),
                                                                     (64, 64, 4000), (16, 8, 24)])  # fmt: skip
def test_the_queue_holds_whole_batches_and_at_most_half_the_set(wanted, batch_size, frames_there):
    length = queue_length(wanted, batch_size, frames_there)
    assert length % batch_size == 0
    assert 0 < length <= min(wanted, frames_there // 2)
    assert length + batch_size > min(wanted, frames_there // 2)


def test_a_batch_above_half_the_set_leaves_its_newest_half():
    method = new_method("moco", SMALL | {"queue": 9}, {"frames": 4}, seed=0).train()
    assert method.queue.shape[1] == 2
    method.losses(batch(method))
    key = F.normalize(method.key_projection(method.key_backbone(batch(method).views["key"])), dim=1)
    torch.testing.assert_close(method.queue, key[-2:].T.detach())
    assert queue_length(4096, 1, 1) == 1


def test_simclr_falls_to_a_thousandth_epoch_by_epoch():
    method = new_method("simclr", SMALL | {"learning_rate": 0.4}, {}, seed=0)
    turns = method.turns()
    assert turns["all"].param_groups[0]["momentum"] == 0.9
    floor = 0.4 * 0.1**3
    for epoch in (0, 100, 499):
        method.prepare(Place(epoch * 7 + 3, 500 * 7, 7), turns)
        expected = floor + (0.4 - floor) * (1 + math.cos(math.pi * epoch / 500)) / 2
        assert turns["all"].param_groups[0]["lr"] == pytest.approx(expected, rel=1e-9)


DINO = SMALL | {"local_crops": 2, "local_size": 16, "prototypes": 12, "hidden": 16, "bottleneck": 8}


def test_dino_prototypes_rest_in_the_first_epoch_and_each_gradient_is_clipped_by_itself():
    method = new_method("dino", DINO | {"fixed_last_norm": False, "clip": 0.5}, {}, seed=0).train()
    turns = method.turns()
    for step, rests in ((0, True), (1, True), (2, False)):
        place = Place(step, 20, 2)
        method.prepare(place, turns)
        (1e4 * method.losses(batch(method))["loss"]).backward()
        method.after_backward(place)
        lengths = {name: weight.grad.norm() for name, weight in method.named_parameters() if weight.grad is not None}
        assert all(length <= 0.5 + 1e-5 for length in lengths.values())
        assert sum(length > 0.49 for length in lengths.values()) > 3
        assert any("prototypes" in name for name in lengths) is not rests
        method.zero_grad()


def test_dino_decay_spares_biases_and_norms_and_its_schedules_end_where_they_should():
    method = new_method("dino", DINO | {"warm_teacher_epochs": 5, "first_teacher_temperature": 0.02}, {}, seed=0)
    turns = method.turns()
    decaying, plain = (group["params"] for group in turns["all"].param_groups)
    assert all(weight.ndim > 1 for weight in decaying)
    names = {id(weight): name for name, weight in method.named_parameters()}
    assert all(weight.ndim <= 1 or names[id(weight)].endswith(".bias") for weight in plain)
    seen = []
    for epoch in range(7):
        method.prepare(Place(epoch * 3, 60, 3), turns)
        seen.append(method._teacher_temperature)
    assert seen == pytest.approx([0.02, 0.025, 0.03, 0.035, 0.04, 0.04, 0.04])
    assert turns["all"].param_groups[1]["weight_decay"] == 0
    method.prepare(Place(0, 60, 3), turns)
    assert turns["all"].param_groups[0]["weight_decay"] == pytest.approx(0.04)
    method.prepare(Place(60, 60, 3), turns)
    assert turns["all"].param_groups[0]["weight_decay"] == pytest.approx(0.4)


def test_dino_keeps_the_length_of_its_prototypes_and_drops_paths_of_the_student_alone():
    config = config_of("dino", {})
    assert (config.drop_path, config.clip, config.frozen_last_layer_epochs, config.fixed_last_norm) == (0.1, 3, 1, True)
    tiny = {"backbone": "vit_tiny_patch16_224", "drop_path": 0.3}
    method = new_method("dino", DINO | tiny, {}, seed=0)
    lengths = method.student_head.prototypes.parametrizations.weight.original0
    assert not lengths.requires_grad
    torch.testing.assert_close(method.student_head.prototypes.weight.norm(dim=1), torch.ones(12))
    drops = [
        [module.drop_prob for module in net.modules() if type(module).__name__ == "DropPath"]
        for net in (method.student, method.backbone)
    ]
    assert max(drops[0]) == pytest.approx(0.3)
    assert not any(drops[1])


def test_deepcluster_starts_every_epoch_with_a_fresh_top_layer_and_other_k_means():
    method = new_method("deepcluster", SMALL | {"clusters": 5, "components": 3}, {"frames": 60}, seed=0)
    features = torch.randn(60, method.backbone.features, generator=torch.Generator().manual_seed(1))
    found = []
    for epoch in range(2):
        torch.manual_seed(epoch)
        method.top.bias.data.fill_(1.0)
        method.begin_epoch(Place(epoch, 9, 1), lambda: features)
        found.append((method.groups.clone(), method.top.weight.detach().clone()))
        assert (method.top.bias == 0).all()
        assert method.top.weight.std().item() == pytest.approx(0.01, rel=0.15)
    assert not torch.equal(found[0][0], found[1][0])
    assert not torch.equal(found[0][1], found[1][1])


def test_deepcluster_top_layer_has_no_momentum():
    method = new_method("deepcluster", SMALL, {"frames": 60}, seed=0)
    groups = method.turns()["all"].param_groups
    assert [(group["momentum"], group["weight_decay"]) for group in groups] == [(0.9, 1e-5), (0.0, 1e-5)]
    assert {id(weight) for weight in groups[1]["params"]} == {id(weight) for weight in method.top.parameters()}


def test_deepcluster_clusters_vgg_before_its_last_relu_and_learns_behind_it():
    method = new_method("deepcluster", SMALL | {"backbone": "vgg11_bn"}, {"frames": 60}, seed=0).eval()
    images = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        features = method.backbone(images)
        assert features.shape == (2, 4096)
        assert (features < 0).float().mean() > 0.2
        torch.testing.assert_close(method.logits(features), method.top(features.clamp(min=0)))


def test_deepcluster_goes_on_when_all_frames_look_alike():
    """k-means then fills one group of five: it is drawn from alone, and the loss stays a number."""
    method = new_method("deepcluster", SMALL | {"clusters": 5, "components": 3}, {"frames": 12}, seed=0).train()
    method.begin_epoch(Place(0, 9, 3), lambda: torch.ones(12, method.backbone.features))
    assert len(method.groups.unique()) < 5
    rows = method.sampler(Rows(["e"] * 12, ["c"] * 12, list(range(12))), 0).rows(0)
    found = method.losses(batch(method, torch.from_numpy(rows)))
    found["loss"].backward()
    assert torch.isfinite(found["loss"])
    assert method.health(batch(method))["filled_clusters"] < 5
