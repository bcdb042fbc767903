import numpy as np
import pytest
import torch

from sonosift.explain.grad_cam import grad_cam
from sonosift.explain.overlay import overlay, sheet
from sonosift.methods import registry


def _method(backbone, image_size=32):
    torch.manual_seed(0)
    config = registry.config_of("supervised", {"backbone": backbone, "image_size": image_size})
    method = registry.build("supervised", config, labels=3).eval()
    with torch.no_grad():
        for head in method.heads().values():
            for weights in head.parameters():
                weights.normal_(0, 1)
    return method


def _views(size, count=3):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(1))


def _scaled_up(maps, size):
    maps = torch.nn.functional.interpolate(maps[:, None], (size, size), mode="bilinear", align_corners=False)[:, 0]
    return maps / maps.amax(dim=(1, 2), keepdim=True).clamp_min(1e-30)


def test_behind_a_global_average_it_is_the_class_activation_map():
    # CAM in closed form: the head's weights of the class, applied at every place of the feature map.
    method, views, classes = _method("resnet18", 128), _views(128), torch.tensor([0, 2, 1])
    with torch.no_grad():
        maps = method.backbone.feature_map(method.backbone.scaled(views))
        (head,) = (
            one for part in method.heads().values() for one in part.modules() if isinstance(one, torch.nn.Linear)
        )
        expected = torch.relu(torch.einsum("bchw,bc->bhw", maps, head.weight[classes]))
    found = grad_cam(method, views, classes)
    assert torch.allclose(found, _scaled_up(expected, 128), atol=1e-4)


@pytest.mark.parametrize(
    ("backbone", "size", "layer"), [("resnet18", 64, "layer3"), ("resnet18", 32, "layer2"), ("densenet121", 64, "")]
)
def test_small_views_are_read_where_the_map_still_has_four_places_a_side(backbone, size, layer):
    method, views, classes = _method(backbone, size), _views(size, 2), torch.tensor([1, 2])
    found = grad_cam(method, views, classes)
    if not layer:  # other families name their stages otherwise, and are read there all the same
        assert found.shape == (2, size, size)
        assert found.max() == 1
        return
    kept = {}

    def keep(_module, _inputs, output):
        output.retain_grad()
        kept["map"] = output

    hook = method.backbone.net.get_submodule(layer).register_forward_hook(keep)
    method(views)[1].gather(1, classes[:, None]).sum().backward()
    hook.remove()
    assert kept["map"].shape[-1] == 4
    weights = kept["map"].grad.mean(dim=(2, 3), keepdim=True)
    expected = torch.relu((kept["map"] * weights).sum(dim=1)).detach()
    assert torch.allclose(found, _scaled_up(expected, size), atol=1e-4)


def test_a_transformer_is_read_before_its_last_attention():
    size = 160
    method, views, classes = _method("test_vit", size), _views(size, 2), torch.tensor([1, 0])
    net = method.backbone.net
    block, kept = net.blocks[-1], {}

    def keep(_module, _inputs, output):
        output.retain_grad()
        kept["tokens"] = output

    hook = block.norm1.register_forward_hook(keep)
    method(views)[1].gather(1, classes[:, None]).sum().backward()
    hook.remove()
    patches, slopes = (tensor[:, net.num_prefix_tokens :] for tensor in (kept["tokens"], kept["tokens"].grad))
    side = int(patches.shape[1] ** 0.5)
    expected = torch.relu((patches * slopes.mean(dim=1, keepdim=True)).sum(dim=2)).reshape(2, side, side).detach()
    norm_before = block.norm1
    found = grad_cam(method, views, classes)
    assert block.norm1 is norm_before
    assert expected.amax() > 0
    assert torch.allclose(found, _scaled_up(expected, size), atol=1e-4)


@pytest.mark.parametrize(("backbone", "size"), [("test_resnet", 32), ("test_vit", 160)])
def test_maps_lie_between_0_and_1_and_do_not_depend_on_the_batch(backbone, size):
    method, views, classes = _method(backbone, size), _views(size, 4), torch.tensor([0, 1, 2, 0])
    found = grad_cam(method, views, classes)
    assert found.shape == (4, size, size)
    assert found.min() >= 0
    assert found.max() <= 1
    alone = grad_cam(method, views[2:3], classes[2:3])
    assert torch.allclose(found[2:3], alone, atol=1e-4)


def test_a_head_that_says_nothing_gives_no_heat():
    method = _method("test_resnet")
    with torch.no_grad():
        for head in method.heads().values():
            for weights in head.parameters():
                weights.zero_()
    assert grad_cam(method, _views(32), torch.tensor([0, 1, 2])).abs().max() == 0


def test_no_heat_leaves_the_view_grey_and_heat_colours_it():
    view = np.linspace(0, 1, 64).reshape(8, 8)
    cold = overlay(view, np.zeros((8, 8)))
    assert (cold == np.round(view * 255)[..., None]).all()
    heat = np.zeros((8, 8))
    heat[2, 3] = 1
    assert ((overlay(view, heat) != cold).any(axis=2) == (heat > 0)).all()


def test_a_sheet_lays_out_pairs_and_enlarges_what_is_small():
    view = np.linspace(0, 1, 200 * 200).reshape(200, 200)
    heat = np.zeros((200, 200))
    page = sheet([view] * 3, [heat] * 3, pairs_per_row=2)
    assert page.shape == (200 + 4 + 200, 400 + 4 + 400, 3)
    assert (page[204:, 404:] == 255).all()
    assert (page[:200, :200] == overlay(view, heat)).all()
    assert sheet([view[:64, :64]], [heat[:64, :64]], pairs_per_row=2).shape == (192, 384, 3)
