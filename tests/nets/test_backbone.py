import pytest
import timm
import torch

from sonosift.errors import SonosiftError
from sonosift.nets.backbone import Backbone
from sonosift.nets.context_generator import ContextGenerator
from sonosift.nets.initial_weights import initialise
from sonosift.nets.weights_file import load_into, read_weights, save_weights
from sonosift.training.finished_run import new_method


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "vit_tiny_patch16_224", "tf_efficientnet_lite0"])
def test_any_timm_network_gives_one_vector_per_image(name):
    backbone = Backbone(name).eval()
    side = 224 if "vit" in name else 64
    with torch.no_grad():
        features = backbone(torch.rand(2, 1, side, side))
    assert features.shape == (2, backbone.features)


def test_a_transformer_fills_no_patches():
    with pytest.raises(SonosiftError, match="convolutional network"):
        new_method("context-encoder", {"backbone": "vit_tiny_patch16_224"}, {}, seed=0)


def test_at_the_papers_size_the_drawn_middle_is_128_by_192():
    backbone = Backbone("vgg16_bn", scaling="image")
    generator = ContextGenerator(backbone).eval()
    with torch.no_grad():
        encoded = backbone.feature_map(torch.zeros(1, 1, 256, 384))
        assert encoded.shape == (1, 512, 8, 12)
        assert generator.decoder(encoded).shape == (1, 1, 128, 192)
    assert [layer.out_channels for layer in generator.decoder if hasattr(layer, "out_channels")] == [
        256,
        128,
        64,
        32,
        1,
    ]


@pytest.mark.parametrize(("scaling", "mean", "spread"), [("half", 0.5, 0.25), ("unit", 0.0, 1.0)])
@pytest.mark.parametrize("channels", [1, 3])
def test_other_scales(scaling, mean, spread, channels):
    images = torch.rand(2, 1, 8, 8)
    scaled = Backbone("test_resnet", channels, scaling).scaled(images)
    torch.testing.assert_close(scaled, ((images - mean) / spread).repeat(1, channels, 1, 1))


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
