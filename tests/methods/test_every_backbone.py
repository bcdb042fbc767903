"""Methods on the networks that people use: two steps, then timm reads the weights by name.

``SONOSIFT_EVERY_BACKBONE=1`` runs each method on each network; without it, each method and each network at least once.
"""

import os

import pytest
import timm
import torch

from sonosift.batches.draws import torch_draws
from sonosift.batches.view_draws import ViewDraws
from sonosift.methods import registry
from sonosift.methods.method import Batch, Place
from sonosift.nets.weights_file import save_weights
from sonosift.training.finished_run import new_method

BACKBONES = ["resnet18", "resnet50", "densenet121", "vgg16_bn", "vit_small_patch16_224", "tf_efficientnet_lite0"]
FEW = [
    ("pica", "densenet121"),
    ("lsd", "vit_small_patch16_224"),
    ("simclr", "resnet50"),
    ("moco", "tf_efficientnet_lite0"),
    ("dino", "vit_small_patch16_224"),
    ("uscl", "resnet18"),
    ("deepcluster", "vgg16_bn"),
    ("context-encoder", "vgg16_bn"),
    ("context-encoder", "densenet121"),
]
# A transformer has no map to draw the middle from; see test_a_transformer_fills_no_patches.
ALL = [
    (method, backbone)
    for method in registry.names("pretrain")
    for backbone in BACKBONES
    if (method, backbone) != ("context-encoder", "vit_small_patch16_224")
]
IMAGES = 4
OWN = {
    "context-encoder": {"image_width": None},
    "dino": {"local_crops": 1, "local_size": 32, "prototypes": 8, "hidden": 16, "bottleneck": 8, "warm_epochs": 0,
             "frozen_last_layer_epochs": 0},
    "deepcluster": {"clusters": 2, "components": 2},
}  # fmt: skip
FACTS = {"moco": {"frames": 12}, "deepcluster": {"frames": IMAGES}, "context-encoder": {"tags": 10}}


def two_steps(name, backbone):
    side = 32 if "vit" in backbone and name != "dino" else 64
    given = {"backbone": backbone, "image_size": side, "batch_size": IMAGES, "learning_rate": 1e-4} | OWN.get(name, {})
    fields = type(registry.config_of(name, {})).model_fields
    settings = {key: value for key, value in given.items() if key in fields}
    method = new_method(name, settings, FACTS.get(name, {}), seed=0).train()
    clip = (IMAGES, 3) if name == "uscl" else (IMAGES,)
    draw = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (*clip, side + 8, side + 8), dtype=torch.uint8, generator=draw)
    tags = torch.ones(IMAGES, 10) if name == "context-encoder" else None
    turns = method.turns()
    for step in range(2):
        place = Place(step, 2, 1)
        torch.manual_seed(step)
        method.begin_epoch(place, lambda: torch.randn(IMAGES, method.backbone.features))
        method.prepare(place, turns)
        views = method.views(frames, ViewDraws(torch_draws(0, "views", step)))
        for turn, optimizer in turns.items():
            loss = method.losses(Batch(views, tags, torch.arange(IMAGES)), turn)["loss"]
            assert torch.isfinite(loss)
            loss.backward()
            method.after_backward(place)
            optimizer.step()
            method.zero_grad()
        method.after_step(place)
    return method


@pytest.mark.slow
@pytest.mark.parametrize(("name", "backbone"), ALL if os.environ.get("SONOSIFT_EVERY_BACKBONE") else FEW)
def test_two_steps_and_timm_reads_the_weights_by_name(tmp_path, name, backbone):
    method = two_steps(name, backbone)
    fresh = new_method(name, dict(method.config), FACTS.get(name, {}), seed=0).backbone
    # DeepCluster on networks other than VGG and the others alike: something in every network was learnt.
    changed = zip(fresh.parameters(), method.backbone.parameters(), strict=True)
    assert not all(torch.equal(before, after) for before, after in changed)
    path = tmp_path / "model.safetensors"
    save_weights(path, method.backbone.net.state_dict(), {})
    net = timm.create_model(backbone, num_classes=0, in_chans=method.backbone.channels, checkpoint_path=str(path))
    read, saved = net.state_dict(), method.backbone.net.state_dict()
    assert read.keys() == saved.keys()
    assert all(torch.equal(read[key], saved[key]) for key in saved)


def test_few_leaves_no_method_and_no_network_out():
    assert {name for name, _ in FEW} == set(registry.names("pretrain"))
    assert {backbone for _, backbone in FEW} == set(BACKBONES)
    assert set(FEW) <= set(ALL)
