import pytest
import timm
import torch

from sonosift.errors import SonosiftError
from sonosift.nets.backbone import Backbone
from sonosift.nets.initial_weights import initialise
from sonosift.nets.weights_file import load_into, read_weights, save_weights


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "vit_tiny_patch16_224", "efficientnet_lite0"])
def test_any_timm_network_gives_one_vector_per_image(name):
    backbone = Backbone(name).eval()
    side = 224 if "vit" in name else 64
    with torch.no_grad():
        features = backbone(torch.rand(2, 1, side, side))
    assert features.shape == (2, backbone.features)


def test_equals_timm_on_scaled_images():
    backbone = Backbone("test_resnet").eval()
    images = torch.rand(3, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(backbone(images), backbone.net((images - 0.449) / 0.226))
        colour = Backbone("test_resnet", channels=3).eval()
        mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        by_hand = (images.repeat(1, 3, 1, 1) - mean[:, None, None]) / spread[:, None, None]
        torch.testing.assert_close(colour(images), colour.net(by_hand))


def test_saved_weights_load_in_timm_by_name(tmp_path):
    backbone = Backbone("resnet18").eval()
    save_weights(tmp_path / "model.safetensors", backbone.net.state_dict(), {"backbone": "resnet18"})
    net = timm.create_model(
        "resnet18", num_classes=0, in_chans=1, checkpoint_path=str(tmp_path / "model.safetensors")
    ).eval()
    images = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        assert torch.equal(net((images - 0.449) / 0.226), backbone(images))


def test_initialise_from_a_file_and_its_errors(tmp_path):
    source, target = Backbone("test_resnet"), Backbone("test_resnet")
    path = tmp_path / "w.safetensors"
    save_weights(path, source.net.state_dict(), {})
    initialise(target, path)
    assert all(torch.equal(a, b) for a, b in zip(source.parameters(), target.parameters(), strict=True))
    with pytest.raises(SonosiftError, match="do not fit"):
        initialise(Backbone("test_resnet", channels=3), path)
    with pytest.raises(SonosiftError, match="do not fit"):
        load_into(target.net, {k: v for k, v in read_weights(path).items() if "fc" not in k and "conv1" not in k}, "x")
    with pytest.raises(SonosiftError, match="no weights at"):
        initialise(target, tmp_path / "absent.safetensors")
    path.write_bytes(b"half a file")
    with pytest.raises(SonosiftError, match="not a whole safetensors file"):
        initialise(target, path)


def test_names_that_do_not_exist():
    with pytest.raises(SonosiftError, match="resnet18"):
        Backbone("resnet81")
    with pytest.raises(SonosiftError, match="another network"):
        initialise(Backbone("test_resnet"), "timm:resnet18")
    with pytest.raises(SonosiftError, match="channels is 4"):
        Backbone("test_resnet", channels=4)
