import pytest
import torch

from sonosift.batches.draws import torch_draws
from sonosift.batches.view_draws import ViewDraws
from sonosift.losses.dirichlet_prior import dirichlet_prior
from sonosift.losses.pica import consistency, negative_entropy
from sonosift.methods.method import Batch, Place
from sonosift.methods.registry import config_of
from sonosift.training.finished_run import new_method

SMALL = {"backbone": "test_resnet", "image_size": 32, "clusters": 4}


def pica(**settings):
    method = new_method("pica", SMALL | settings, {}, seed=2)
    frames = torch.randint(0, 256, (6, 37, 37), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return method, Batch(method.views(frames, ViewDraws(torch_draws(0, "v"))))


@pytest.mark.parametrize("balance", ["entropy", "dirichlet"])
@pytest.mark.parametrize("repeats", [1, 3])
def test_loss_is_put_together_from_both_views_in_their_order(balance, repeats):
    method, batch = pica(balance=balance, repeats=repeats, balance_weight=1.5, alpha=1.2)
    found = method.losses(batch)
    method_again, _ = pica()  # batch statistics make a second pass differ only in the running averages
    both = torch.cat([batch.views["weak"], batch.views["strong"]])
    logits = method_again.train().cluster_head(method_again.backbone(both))
    weak, strong = logits[:6], logits[6:]
    term = negative_entropy(weak) if balance == "entropy" else dirichlet_prior(weak, 1.2)
    agreement = consistency(torch.cat([weak] * repeats), strong)
    torch.testing.assert_close(found["loss"], agreement + 1.5 * term)
    torch.testing.assert_close(found["balance_excess"], term - (0 if balance == "entropy" else 0.2 * 4))


def test_two_heads_learn_in_turn_and_the_last_epoch_is_the_main_ones():
    method, batch = pica(over_clusters=9, learning_rate=0.1)
    turns = method.turns()
    moved = []
    for step in range(6):
        place = Place(step, 6, 2)
        method.prepare(place, turns)
        before = method.cluster_head.weight.clone(), method.over_head.weight.clone(), next(method.backbone.parameters())
        trunk = before[2].clone()
        method.losses(batch)["loss"].backward()
        method.after_backward(place)
        turns["all"].step()
        method.zero_grad()
        heads = method.cluster_head.weight, method.over_head.weight
        moved.append([not torch.equal(old, new) for old, new in zip(before[:2], heads, strict=True)])
        assert not torch.equal(trunk, before[2])
    main, over = [True, False], [False, True]
    assert moved == [main, main, over, over, main, main]


def test_swapping_the_views_changes_the_agreement_alone():
    plain, swapped = (pica(swapped_views=flag)[0].losses(pica()[1]) for flag in (False, True))
    assert plain["consistency"] != swapped["consistency"]
    torch.testing.assert_close(plain["balance_excess"], swapped["balance_excess"])


def test_health_counts_groups():
    method, batch = pica()
    with torch.no_grad():
        method.cluster_head.weight.zero_()
        method.cluster_head.bias.copy_(torch.tensor([0.0, 5.0, 0.0, 0.0]))
    assert method.health(batch)["filled_clusters"] == 1
    assert method.health(batch)["effective_clusters"] == pytest.approx(1)


def test_lsd_is_pica_with_the_dirichlet_balance():
    assert config_of("lsd", {}).balance == "dirichlet"
    assert config_of("lsd", {"balance": "entropy"}) == config_of("pica", {})
