"""``--init``: nothing, timm's, another run's, a file's; the copies that a method keeps begin alike."""

import pytest
import timm
import torch

from sonosift.commands.pretrain import pretrain
from sonosift.errors import SonosiftError
from sonosift.nets.backbone import Backbone
from sonosift.nets.weights_file import read_weights, save_weights
from sonosift.training import fit
from sonosift.training.finished_run import new_method
from tests.commands.bars_cohort import make_bars_cohort

TINY = {"backbone": "test_resnet"}


class BegunError(Exception):
    """Holds the method as the training would have begun with it."""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    made, _ = make_bars_cohort(tmp_path_factory.mktemp("init") / "cohort", patients=4, frames_per_exam=3)
    pretrain(made.path, run="before", steps=1, image_size=32, settings=TINY)
    return made


@pytest.fixture
def begun_with(cohort, monkeypatch, tmp_path):
    def stop(method, *_, **__):
        raise BegunError(method)

    def begun(init, method="pica", settings=TINY):
        run = f"{method}-{tmp_path.name}"
        with monkeypatch.context() as patched, pytest.raises(BegunError) as found:
            patched.setattr(fit, "fit", stop)
            pretrain(cohort.path, method=method, run=run, steps=1, image_size=32, init=str(init), settings=settings)
        return found.value.args[0]

    return begun


def assert_same(network, weights):
    found = network.state_dict()
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[key], weights[key]) for key in weights)


def test_random_is_what_the_seed_gives(begun_with):
    expected = new_method("pica", TINY | {"image_size": 32}, {}, seed=0)
    assert_same(begun_with("random").backbone.net, expected.backbone.net.state_dict())


@pytest.mark.parametrize("method", ["pica", "moco", "dino"])
def test_those_of_another_run_and_every_copy_of_the_backbone_begins_so(begun_with, cohort, method):
    heads = {"local_crops": 0, "prototypes": 8, "hidden": 8, "bottleneck": 4} if method == "dino" else {}
    weights = read_weights(cohort.runs.get("before").model_path)
    found = begun_with("before", method, TINY | heads)
    copies = [getattr(found, name) for name in ("key_backbone", "student") if hasattr(found, name)]
    assert len(copies) == (method != "pica")
    for backbone in (found.backbone, *copies):
        assert_same(backbone.net, weights)


def test_those_of_a_file(begun_with, tmp_path):
    torch.manual_seed(5)
    other = Backbone("test_resnet").net.state_dict()
    save_weights(tmp_path / "w.safetensors", other, {})
    assert_same(begun_with(tmp_path / "w.safetensors").backbone.net, other)


def test_timm_s_are_asked_for_by_name_and_with_our_channels(begun_with, monkeypatch):
    real, asked = timm.create_model, []

    def create(name, *, pretrained, **others):
        if pretrained:
            asked.append((name, others))
            torch.manual_seed(6)
        return real(name, pretrained=False, **others)

    monkeypatch.setattr(timm, "create_model", create)
    found = begun_with("timm:test_resnet.r160_in1k")
    assert asked == [("test_resnet.r160_in1k", {"num_classes": 0, "in_chans": 1})]
    torch.manual_seed(6)
    assert_same(found.backbone.net, real("test_resnet", num_classes=0, in_chans=1).state_dict())


def test_without_a_network_timm_s_weights_are_an_error_with_a_way_out(cohort, monkeypatch):
    def no_network(*_, **__):
        raise OSError("no route")

    def only_pretrained(name, *, pretrained=False, real=timm.create_model, **others):
        return no_network() if pretrained else real(name, pretrained=False, **others)

    monkeypatch.setattr(timm, "create_model", only_pretrained)
    with pytest.raises(SonosiftError, match="could not be had: OSError") as told:
        pretrain(cohort.path, run="offline", steps=1, image_size=32, init="timm:test_resnet", settings=TINY)
    assert "init=random" in told.value.hint
