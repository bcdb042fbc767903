import math

import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from sonosift.batches.draws import torch_draws
from sonosift.batches.random_views import (
    canvas_size,
    centre_view,
    jitter,
    random_boxes,
    strong_view,
    weak_view,
)
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import PRESETS, preset
from sonosift.errors import SonosiftError


def frames_of(count=6, side=32):
    return torch.randint(0, 256, (count, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", PRESETS)
def test_boxes_keep_to_the_preset(name):
    rules = preset(name)
    boxes = random_boxes(4000, 120, 120, rules, ViewDraws(torch_draws(0, "t")))
    share = boxes.height * boxes.width / 120**2
    ratio = boxes.width / boxes.height
    assert (boxes.top >= 0).all()
    assert (boxes.left >= 0).all()
    assert (boxes.top + boxes.height <= 120).all()
    assert (boxes.left + boxes.width <= 120).all()
    # Rounding to whole pixels moves share and ratio by at most a pixel in each side.
    assert share.min() > rules.scale[0] - 0.03
    assert share.max() <= 1
    assert ratio.min() > rules.ratio[0] - 0.03
    assert ratio.max() < rules.ratio[1] + 0.04
    assert boxes.flip.float().mean().item() == pytest.approx(rules.flip, abs=0.03)


def test_box_shapes_follow_torchvision():
    from torchvision.transforms import RandomResizedCrop

    torch.manual_seed(0)
    image = torch.zeros(1, 120, 120)
    theirs = torch.tensor(
        [RandomResizedCrop.get_params(image, [0.2, 1.0], [3 / 4, 4 / 3]) for _ in range(4000)]
    ).float()
    mine = random_boxes(4000, 120, 120, preset("pica"), ViewDraws(torch_draws(3, "t")))
    for one, other in ((mine.top, theirs[:, 0]), (mine.height, theirs[:, 2]), (mine.width, theirs[:, 3])):
        deciles = torch.linspace(0.1, 0.9, 9)
        torch.testing.assert_close(one.quantile(deciles), other.quantile(deciles), atol=4, rtol=0.05)


def test_narrow_frames_fall_back_to_an_allowed_box():
    boxes = random_boxes(50, 20, 400, preset("semantic"), ViewDraws(torch_draws(0, "t")))
    assert (boxes.height == 20).all()
    assert (boxes.width == round(20 * 4 / 3)).all()
    assert (boxes.left + boxes.width <= 400).all()


def test_weak_view_is_a_crop_of_the_canvas():
    frames = frames_of(5, canvas_size(28))
    views = weak_view(frames, 28, ViewDraws(torch_draws(4, "t")))
    patches = frames.float().unfold(1, 28, 1).unfold(2, 28, 1).flatten(1, 2) / 255
    distance = (patches - views).abs().amax(dim=(2, 3)).min(dim=1).values
    assert distance.max() < 1e-6
    places = (patches - views).abs().amax(dim=(2, 3)).argmin(dim=1)
    assert len(places.unique()) > 1


def test_jitter_is_torchvision_s_brightness_then_contrast():
    """Also where grey values leave 0..1 on the way: half of these pixels do."""
    images = torch.rand(4, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    brightness, contrast = torch.tensor([0.8, 1.8, 1.0, 0.0]), torch.tensor([1.3, 0.2, 1.0, 1.8])
    assert (images[1] * 1.8 > 1).float().mean() > 0.3
    mine = jitter(images.clone(), brightness, contrast)
    for row in range(4):
        step = tv.adjust_brightness(images[row], brightness[row].item())
        torch.testing.assert_close(mine[row], tv.adjust_contrast(step, contrast[row].item()), atol=1e-6, rtol=0)
    assert torch.equal(jitter(images, torch.ones(4), torch.ones(4)), images)


def test_same_draws_same_views_and_no_image_depends_on_another():
    frames = frames_of()
    first = strong_view(frames, 24, preset("pica"), ViewDraws(torch_draws(7, "views", 3, 0)))
    assert torch.equal(first, strong_view(frames, 24, preset("pica"), ViewDraws(torch_draws(7, "views", 3, 0))))
    assert not torch.equal(first, strong_view(frames, 24, preset("pica"), ViewDraws(torch_draws(7, "views", 4, 0))))
    changed = frames.clone()
    changed[0] = 0
    assert torch.equal(
        first[1:], strong_view(changed, 24, preset("pica"), ViewDraws(torch_draws(7, "views", 3, 0)))[1:]
    )
    assert first.shape == (6, 1, 24, 24)
    assert 0 <= first.min() <= first.max() <= 1


def test_centre_view_has_nothing_random_and_shows_the_middle():
    frames = torch.zeros(1, canvas_size(28), canvas_size(28), dtype=torch.uint8)
    frames[0, 2:30, 2:30] = 255
    assert torch.equal(centre_view(frames, 28), torch.ones(1, 1, 28, 28))


def test_unknown_preset():
    with pytest.raises(SonosiftError, match="semantic"):
        preset("sematic")
    assert math.isclose(canvas_size(112) / 112, 8 / 7)
