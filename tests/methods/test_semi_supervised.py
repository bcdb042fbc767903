import pytest
import torch

from sonosift.labels.combinations import Combinations
from sonosift.losses.binary_cross_entropy import multi_label_cross_entropy
from sonosift.losses.fixmatch import fixmatch
from sonosift.losses.partly_labelled import partly_labelled_cross_entropy
from sonosift.methods.classifier import LabelFacts, imbalance_weights
from sonosift.methods.fixmatch import combination_of
from sonosift.methods.method import Batch, Place
from sonosift.training.finished_run import new_method

SMALL = {"backbone": "test_resnet", "image_size": 32}
KEPT = [[1, 0, 0], [0, 1, 0], [1, 1, 0]]
FACTS = {"labels": 3, "items": 8, "labelled": 4}


def batch():
    labels = torch.tensor([[1, 0, 0], [0, 0, 1], [1, 1, 0], [0, 1, 0], *[[0, 0, 0]] * 4]).float()
    known = (torch.arange(8) < 4).float()[:, None]
    views = {name: torch.rand(8, 1, 32, 32) for name in ("weak", "strong", "image")}
    return Batch(views, torch.cat([labels, known], dim=1), torch.arange(8))


def test_the_class_of_a_combination_is_that_of_the_table():
    labels = torch.tensor([[1, 1, 0], [0, 0, 1], [1, 0, 0]]).float()
    table = Combinations(torch.tensor(KEPT).numpy().astype("uint8"), torch.ones(3).numpy())
    assert combination_of(labels, torch.tensor(KEPT).float()).tolist() == table.index_of(labels).tolist() == [2, -1, 0]


def test_two_heads_add_three_terms_and_an_unseen_set_still_teaches_the_organs():
    method = new_method("fixmatch-two-head", SMALL | {"threshold": 0.3}, FACTS | {"combinations": KEPT}, seed=0).eval()
    given = batch()
    found = method.losses(given)
    weak, strong = (method.backbone(given.views[name]) for name in ("weak", "strong"))
    heads = method.combination_head
    organs = multi_label_cross_entropy(method.organ_head(weak[:4]), given.targets[:4, :3])
    sets = partly_labelled_cross_entropy(heads(weak[:4]), torch.tensor([0, -1, 2, 1]))
    loose = fixmatch(heads(weak[4:]), heads(strong[4:]), 0.3)
    torch.testing.assert_close(found["loss"], organs + sets + loose.loss)
    assert loose.used > 0
    gradient = torch.autograd.grad(found["loss"], method.organ_head.weight)[0]
    alone = torch.autograd.grad(organs, method.organ_head.weight)[0]
    torch.testing.assert_close(gradient, alone)


def test_targets_of_temporal_ensembling_written_out_also_for_an_image_left_out():
    method = new_method("temporal-ensembling", SMALL, FACTS, seed=0)
    answers = [torch.rand(8, 3) for _ in range(3)]
    for epoch, found in enumerate(answers):
        method.of_this_epoch.copy_(found)
        method.answered.copy_(torch.arange(8) != epoch)
        method.begin_epoch(Place(epoch, 3, 1), None)
    targets, known = method.targets_of(torch.arange(8))
    assert known.all()
    z = 0.4 * (0.36 * answers[0][7] + 0.6 * answers[1][7] + answers[2][7])
    torch.testing.assert_close(targets[7], z / (1 - 0.6**3))
    left_out = 0.4 * (0.6 * answers[0][1] + answers[2][1])
    torch.testing.assert_close(targets[1], left_out / (1 - 0.6**2))


def test_in_its_first_epoch_temporal_ensembling_is_the_cross_entropy_over_the_whole_batch():
    method = new_method("temporal-ensembling", SMALL, FACTS, seed=0).eval()
    given = batch()
    method.prepare(Place(0, 10, 5), {})
    logits = method(given.views["image"])[1]
    expected = multi_label_cross_entropy(logits[:4], given.targets[:4, :3]) * 4 / 8
    torch.testing.assert_close(method.losses(given)["loss"], expected)


def test_mixing_keeps_the_larger_share_and_the_sums_of_targets():
    method = new_method("mixmatch", SMALL, FACTS | {"one_hot": True}, seed=0)
    images, targets = torch.eye(6).view(6, 1, 1, 6), torch.eye(6)
    torch.manual_seed(0)
    mixed, soft = method._mixed(images, targets)
    torch.testing.assert_close(mixed.view(6, 6), soft)
    assert (soft.diagonal() >= 0.5).all()
    torch.testing.assert_close(soft.sum(dim=1), torch.ones(6))


def test_weights_against_imbalance():
    one = imbalance_weights(LabelFacts(3, one_hot=True, labelled=12, positives=[6, 3, 3]))
    torch.testing.assert_close(one, torch.tensor([12 / 18, 12 / 9, 12 / 9]))
    several = imbalance_weights(LabelFacts(3, labelled=12, positives=[6, 3, 0]))
    torch.testing.assert_close(several, torch.tensor([1.0, 3.0, 12.0]))


@pytest.mark.parametrize("name", ["supervised", "pi"])
def test_averaged_weights_answer_and_become_the_weights(name):
    method = new_method(name, SMALL | {"ema": 0.5}, FACTS, seed=0)
    first = method.organ_head.weight.detach().clone()
    with torch.no_grad():
        method.organ_head.weight.add_(1.0)
    method.after_step(Place(0, 1, 1))
    images = torch.rand(2, 1, 32, 32)
    answered = method.eval()(images)[1]
    method.settle()
    torch.testing.assert_close(method.organ_head.weight.detach(), first + 0.5)
    torch.testing.assert_close(method(images)[1], answered)
