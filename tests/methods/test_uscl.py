"""The ten points in which USCL's paper and its published code differ, each as a setting."""

import pytest
import torch

from sonosift.batches.draws import torch_draws
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.nt_xent import nt_xent
from sonosift.methods.method import Batch, Place
from sonosift.methods.uscl import mix
from sonosift.training.finished_run import new_method

SMALL = {"backbone": "test_resnet", "image_size": 32, "projection": 6}
LABELS = torch.tensor([1, -1, 0, -1])


def uscl(classes=2, **settings):
    return new_method("uscl", SMALL | settings, {"classes": classes}, seed=3)


def frames():
    return torch.randint(0, 256, (4, 3, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def draws():
    return ViewDraws(torch_draws(0, "views", 0))


def batch(method, targets=LABELS):
    return Batch(method.views(frames(), draws()), targets)


def by_hand(method, given, seen="features"):
    """Loss of the default form from the network's own outputs."""
    features = method.backbone(torch.cat([given.views["first"], given.views["second"]]))
    projected = method.projection(features)
    logits = method.classifier(features if seen == "features" else projected)
    rows = torch.nn.functional.cross_entropy(logits, LABELS.repeat(2), ignore_index=-1, reduction="none")
    return nt_xent(*projected.chunk(2), 0.5), rows


@pytest.mark.parametrize("seen", ["features", "projection"])
@pytest.mark.parametrize(("normaliser", "views", "factor"), [("labelled", "mean", 1 / 4), ("all", "mean", 1 / 8),
                                                              ("labelled", "sum", 1 / 2)])  # fmt: skip
def test_label_term(seen, normaliser, views, factor):
    method = uscl(classifier_sees=seen, label_normaliser=normaliser, label_views=views)
    given = batch(method)
    contrast, rows = by_hand(method, given, seen)
    found = method.losses(given)
    torch.testing.assert_close(found["label_term"], rows.sum() * factor)
    torch.testing.assert_close(found["loss"], contrast + 0.2 * rows.sum() * factor)


@pytest.mark.parametrize("targets", [None, torch.full((4,), -1)])
def test_without_a_labelled_clip_the_contrast_is_all(targets):
    method = uscl()
    found = method.losses(batch(method, targets))
    torch.testing.assert_close(found["loss"], found["contrast"])
    assert torch.isfinite(found["loss"])


def test_mixing_before_and_after_the_augmentation():
    before, after = uscl(mixing=5.0), uscl(mixing=5.0, mix_after_augment=True)
    assert not torch.equal(before.views(frames(), draws())["first"], after.views(frames(), draws())["first"])
    # In the code's order both views share one augmentation of the middle: what is left of it is alike in both.
    shared = uscl(shared_mixing=True, mix_after_augment=True)
    views = shared.views(frames(), draws())
    share = shared._shares(frames(), draws())
    assert torch.equal(share[0], share[1])
    assert not torch.equal(*before._shares(frames(), draws()))
    middle, end = torch.rand(2, 4, 1, 5, 5)
    torch.testing.assert_close(mix(middle, end, share[0])[2], share[0][2] * middle[2] + (1 - share[0][2]) * end[2])
    assert views["first"].shape == (4, 1, 32, 32)


def test_bias_of_the_projection():
    assert [layer.bias is None for layer in uscl(projection_bias=False).projection if hasattr(layer, "weight")] == [
        True,
        True,
    ]
    assert all(layer.bias is not None for layer in uscl().projection if hasattr(layer, "weight"))


def test_two_passes_update_running_statistics_four_times_and_see_each_view_by_itself():
    once, twice = uscl(), uscl(passes=2)
    counts = []
    for method in (once, twice):
        method.train()
        method.losses(batch(method))
        counts.append(int(method.backbone.net.bn1.num_batches_tracked))
    assert counts == [1, 4]
    given = batch(twice)
    features = torch.cat([twice.backbone(given.views[name]) for name in ("first", "second")])
    torch.testing.assert_close(twice.losses(given)["contrast"], nt_xent(*twice.projection(features).chunk(2), 0.5))


def test_the_rate_stays_for_eleven_epochs_and_then_follows_a_cosine_of_three_hundred():
    method = uscl()
    turns = method.turns()
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=3e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=300, eta_min=0)
    for epoch in range(40):
        method.prepare(Place(epoch * 5 + 2, 1500, 5), turns)
        assert turns["all"].param_groups[0]["lr"] == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-6)
        optimizer.step()
        if epoch >= 10:  # as the published code has it
            scheduler.step()
    constant = uscl(schedule="constant")
    turns = constant.turns()
    constant.prepare(Place(1499, 1500, 5), turns)
    assert turns["all"].param_groups[0]["lr"] == 3e-4


def test_a_validation_judges_unmixed_frames():
    method = uscl(view="uscl")
    black_white_black = torch.zeros(1, 3, 40, 40, dtype=torch.uint8)
    black_white_black[:, 1] = 200
    black_white_black[:, 2] = 100
    views = method.judged_views(black_white_black, draws())
    assert views["first"].max() == 0
    assert views["second"].mean() > 0.3
    pair = black_white_black[:, [0, 0, 2]]  # a clip of two frames
    assert method.judged_views(pair, draws())["second"].max() > 0


def test_a_still_is_two_views_of_itself():
    still = frames()[:, :1].repeat(1, 3, 1, 1)
    assert (uscl()._shares(still, draws()) == 0).all()
