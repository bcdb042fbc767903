import numpy as np
import pytest
import torch
from torch.nn import functional as F

from sonosift.batches.cutout import cutout
from sonosift.batches.draws import torch_draws
from sonosift.batches.fixmatch_views import GREY_POOL, moved_view, randaugmented, shifted
from sonosift.batches.operation_pool import apply_from_pool
from sonosift.batches.random_views import centre_view
from sonosift.batches.view_draws import ViewDraws


def draws(seed=0):
    return ViewDraws(torch_draws(seed, "views", 0))


def frames(count=40, side=37):
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 256, (count, side, side), dtype=torch.uint8, generator=generator)


def test_shifting_is_padding_with_reflection_and_cropping():
    images = torch.rand(3, 1, 8, 8)
    across, down = torch.tensor([2, -3, 0]), torch.tensor([-1, 3, 0])
    padded = F.pad(images, (4, 4, 4, 4), mode="reflect")
    expected = [
        padded[n, :, 4 - y : 12 - y, 4 - x : 12 - x]
        for n, (x, y) in enumerate(zip(across.tolist(), down.tolist(), strict=True))
    ]
    assert torch.equal(shifted(images, across, down), torch.stack(expected))
    assert torch.equal(shifted(images, across, down)[2], images[2])


def test_the_weak_view_is_a_moved_or_mirrored_centre_and_reaches_an_eighth():
    images = frames()
    plain, weak = centre_view(images, 32), moved_view(images, 32, draws())
    mirrored, places = 0, set()
    for image, view in zip(plain, weak, strict=True):
        found = None
        for flip in (False, True):
            base = (image.flip(2) if flip else image)[None]
            for x in range(-4, 5):
                for y in range(-4, 5):
                    if torch.equal(shifted(base, torch.tensor([x]), torch.tensor([y]))[0], view):
                        found = (flip, x, y)
        assert found is not None
        mirrored += found[0]
        places |= {found[1], found[2]}
    assert 10 < mirrored < 30
    assert {-4, 4} <= places


def test_a_square_of_half_the_side_is_grey():
    view = randaugmented(torch.zeros(200, 1, 32, 32), draws())
    grey = (view == 127 / 255).sum(dim=(1, 2, 3))
    assert grey.max() == 16 * 16  # a black image stays black under every operation of the pool
    assert ((view == 0) | (view == 127 / 255)).all()
    assert grey.min() < 16 * 16  # its middle may lie at the edge


def test_cutout_written_out():
    covered = cutout(torch.ones(1, 1, 4, 4), torch.tensor([2.0]), torch.tensor([0.5]), torch.tensor([0.0]), 0.25)
    expected = torch.ones(4, 4)
    expected[0, 1:3] = 0.25
    assert torch.equal(covered[0, 0], expected)


def test_about_one_image_in_four_is_only_covered():
    """Each of two operations is left out with a chance of one half, or is the identity with 1 in 9."""
    images = torch.rand(2000, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    view = randaugmented(images, draws())
    left = ((view == images) | (view == 127 / 255)).all(dim=3).all(dim=2).squeeze(1)
    untouched = (0.5 + 0.5 / 9) ** 2
    assert left.float().mean().item() == pytest.approx(untouched, abs=3 * np.sqrt(untouched / 2000) + 0.02)


@pytest.mark.parametrize("number", range(len(GREY_POOL)))
@pytest.mark.parametrize("level", [-0.9, 0.1, 0.9])
def test_every_operation_keeps_shape_and_range(number, level):
    images = torch.rand(5, 1, 32, 32)
    found = apply_from_pool(images, torch.full((5,), number), torch.full((5,), level), GREY_POOL)
    assert found.shape == images.shape
    assert found.min() >= 0
    assert found.max() <= 1
    assert torch.equal(found, images) == (number == 0)


def test_shifts_reach_thirty_percent():
    images = torch.zeros(1, 1, 20, 20)
    images[0, 0, :, 10] = 1.0
    moved = apply_from_pool(images, torch.tensor([7]), torch.tensor([-1.0]), GREY_POOL)
    assert moved[0, 0, 5].argmax() == 16  # 6 of 20 pixels to the right
