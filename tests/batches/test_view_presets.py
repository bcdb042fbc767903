"""The papers' augmentations, number by number, and why what they do to colours may be left out."""

import pytest
import torch
from torchvision.transforms import v2

from sonosift.batches.draws import torch_draws
from sonosift.batches.random_views import jitter_factors, random_boxes
from sonosift.batches.view_draws import ViewDraws
from sonosift.batches.view_presets import PRESETS, preset

# As the specification of the methods states them: scale, ratio, jitter, its chance, blur's chance, solarizing's chance.
PUBLISHED = {
    "pica": ((0.2, 1.0), (3 / 4, 4 / 3), 0.4, 1.0, 0.0, 0.0),
    "fusc-simclr": ((0.2, 1.0), (3 / 4, 4 / 3), 0.4, 0.8, 0.0, 0.0),
    "uscl": ((0.8, 1.0), (0.8, 1.25), 0.8, 1.0, 0.0, 0.0),
    "uscl-rotated": ((0.8, 1.0), (0.8, 1.25), 0.8, 1.0, 0.0, 0.0),
    "moco-v2": ((0.2, 1.0), (3 / 4, 4 / 3), 0.4, 0.8, 0.5, 0.0),
    "dino-first": ((0.4, 1.0), (3 / 4, 4 / 3), 0.4, 0.8, 1.0, 0.0),
    "dino-second": ((0.4, 1.0), (3 / 4, 4 / 3), 0.4, 0.8, 0.1, 0.2),
    "dino-local": ((0.05, 0.4), (3 / 4, 4 / 3), 0.4, 0.8, 0.5, 0.0),
    "dino-first-alone": ((0.14, 1.0), (3 / 4, 4 / 3), 0.4, 0.8, 1.0, 0.0),
    "dino-second-alone": ((0.14, 1.0), (3 / 4, 4 / 3), 0.4, 0.8, 0.1, 0.2),
    "deepcluster": ((0.08, 1.0), (3 / 4, 4 / 3), 0.0, 1.0, 0.0, 0.0),
}
OURS = {"semantic", "crop"}
MANY = 4000


def draws():
    return ViewDraws(torch_draws(0, "presets"))


@pytest.mark.parametrize("name", PUBLISHED)
def test_numbers_are_the_published_ones_and_so_is_what_is_drawn(name):
    rules = preset(name)
    scale, ratio, jitter, chance, *_ = PUBLISHED[name]
    found = (rules.scale, rules.ratio, rules.brightness, rules.jitter_chance, rules.blur_chance, rules.solarize_chance)
    assert found == PUBLISHED[name]
    assert (rules.contrast, rules.flip, rules.blur) == (jitter, 0.5, (0.1, 2.0))
    assert rules.rotation == (10.0 if name == "uscl-rotated" else 0.0)
    assert rules.bicubic is name.startswith("dino")

    boxes = random_boxes(MANY, 256, 256, rules, draws())
    share = boxes.height * boxes.width / 256**2
    assert scale[0] - 0.02 < share.min() < scale[0] + 0.03
    assert share.max() <= scale[1] + 0.01  # whole pixels
    assert ratio[0] - 0.1 < (boxes.width / boxes.height).min()
    assert (boxes.width / boxes.height).max() < ratio[1] + 0.1
    assert boxes.flip.float().mean().item() == pytest.approx(0.5, abs=0.03)
    for factor in jitter_factors(MANY, rules, draws()):
        assert 1 - jitter <= factor.min() <= 1 - 0.99 * jitter
        assert 1 + 0.99 * jitter <= factor.max() <= 1 + jitter
        if jitter:
            assert (factor != 1).float().mean().item() == pytest.approx(chance, abs=0.03)


def test_every_preset_is_a_paper_s_or_ours():
    assert set(PRESETS) == set(PUBLISHED) | OURS
    assert preset("semantic").scale[0] >= 0.6  # anatomy stays whole


def test_what_recipes_do_to_colours_does_nothing_to_a_grey_image():
    """So that leaving hue, saturation and greying out is exact, not an approximation."""
    grey = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(0)).expand(3, 16, 16)
    for change in (v2.ColorJitter(saturation=0.8), v2.ColorJitter(hue=0.2), v2.RandomGrayscale(p=1.0)):
        for _ in range(5):
            torch.testing.assert_close(change(grey.clone()), grey, atol=2e-3, rtol=0)
