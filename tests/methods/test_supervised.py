import pytest
import torch

from sonosift.methods.method import Batch
from sonosift.training.finished_run import new_method

SMALL = {"backbone": "test_resnet", "image_size": 32}


def test_a_frozen_backbone_keeps_weights_and_statistics():
    method = new_method("supervised", SMALL | {"finetune": "head"}, {"labels": 2}, seed=0).train()
    before = {key: value.clone() for key, value in method.backbone.state_dict().items()}
    optimizer = method.turns()["all"]
    head = method.organ_head.weight.clone()
    images, targets = torch.rand(6, 1, 32, 32), torch.ones(6, 3)
    method.losses(Batch({"image": images}, targets))["loss"].backward()
    optimizer.step()
    assert all(torch.equal(before[key], value) for key, value in method.backbone.state_dict().items())
    assert not torch.equal(head, method.organ_head.weight)


def test_targets_are_needed():
    method = new_method("supervised", SMALL, {"labels": 2}, seed=0)
    with pytest.raises(ValueError, match="targets"):
        method.losses(Batch({"image": torch.rand(2, 1, 32, 32)}))
