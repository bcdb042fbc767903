"""Each operation against Pillow, whose operations the published view uses."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from sonosift.batches import operation_pool as pool
from sonosift.batches.draws import torch_draws
from sonosift.batches.fusc_view import fusc_view, with_hole
from sonosift.batches.view_draws import ViewDraws


def pictures(count=5, side=24):
    draw = np.random.default_rng(0)
    return draw.integers(20, 220, (count, side, side)).astype(np.uint8)


def tensor(frames):
    return torch.from_numpy(frames)[:, None].float() / 255


def levels(images):
    return (images[:, 0] * 255).numpy()


@pytest.mark.parametrize(
    ("operation", "by_pillow", "amounts", "tolerance"),
    [
        (pool.autocontrast, lambda im, _: ImageOps.autocontrast(im), [0.0, 0.5], 1.0),
        (pool.equalize, lambda im, _: ImageOps.equalize(im), [0.0, 0.5], 0.01),
        (pool.solarize, lambda im, a: ImageOps.solarize(im, a * 256), [0.25, 0.5, 1.0], 0.01),
        (pool.posterize, lambda im, a: ImageOps.posterize(im, 4 + min(4, int(a * 5))), [0.0, 0.39, 0.7, 1.0], 0.01),
        (pool.brightness, lambda im, a: ImageEnhance.Brightness(im).enhance(0.05 + 0.9 * a), [0.0, 0.6, 1.0], 1.0),
        # Pillow rounds the mean grey to a whole level first.
        (pool.contrast, lambda im, a: ImageEnhance.Contrast(im).enhance(0.05 + 0.9 * a), [0.0, 0.6, 1.0], 2.0),
        (pool.sharpness, lambda im, a: ImageEnhance.Sharpness(im).enhance(0.05 + 0.9 * a), [0.0, 0.6, 1.0], 2.0),
    ],
)
def test_equals_pillow(operation, by_pillow, amounts, tolerance):
    frames = pictures()
    for amount in amounts:
        mine = levels(operation(tensor(frames), torch.full((len(frames),), amount)))
        for picture, frame in zip(mine, frames, strict=True):
            expected = np.asarray(by_pillow(Image.fromarray(frame), amount), dtype=float)
            np.testing.assert_allclose(picture, expected, atol=tolerance)


def test_shift_and_shear_move_pixels_where_they_should():
    frames = np.zeros((1, 20, 20), dtype=np.uint8)
    frames[0, 10, 10] = 200
    # A tenth of 20 pixels, towards the left and upwards: the grid says where each pixel comes from.
    assert levels(pool.shift_across(tensor(frames), torch.ones(1)))[0, 10, 8] == pytest.approx(200, abs=0.1)
    assert levels(pool.shift_down(tensor(frames), torch.ones(1)))[0, 8, 10] == pytest.approx(200, abs=0.1)
    line = np.zeros((1, 20, 20), dtype=np.uint8)
    line[0, :, 10] = 200
    slanted = levels(pool.shear_across(tensor(line), torch.ones(1)))[0]
    centres = (slanted * np.arange(20)).sum(axis=1) / slanted.sum(axis=1)
    np.testing.assert_allclose(np.diff(centres), -0.1, atol=1e-3)


def test_one_grey_and_middle_strength_change_nothing_where_they_must_not():
    flat = torch.full((2, 1, 8, 8), 0.4)
    for operation in (pool.autocontrast, pool.equalize):
        assert torch.equal(operation(flat, torch.zeros(2)), flat)
    images = tensor(pictures())
    for operation in (pool.shear_across, pool.shear_down, pool.shift_across, pool.shift_down, pool.rotate):
        torch.testing.assert_close(operation(images, torch.full((5,), 0.5)), images)


def test_every_image_gets_its_own_operation():
    images = tensor(pictures(14))
    chosen, amount = torch.arange(14).flip(0), torch.linspace(0, 1, 14)
    mixed = pool.apply_from_pool(images, chosen, amount)
    for row, number in enumerate(chosen.tolist()):
        alone = pool.POOL[number](images[row : row + 1], amount[row : row + 1])
        torch.testing.assert_close(mixed[row : row + 1], alone)
    assert len(pool.POOL) == 14


def test_hole_is_a_square_of_the_drawn_side():
    images = torch.ones(3, 1, 224, 224)
    holes = with_hole(images, torch.tensor([0.0, 0.5, 0.999]), torch.full((3,), 0.5), torch.full((3,), 0.5))
    sides = (holes == 0).sum(dim=(1, 2, 3)).double().sqrt()
    np.testing.assert_allclose(sides, [1, 9, 16], atol=1.01)


def test_view_is_in_range_and_the_same_for_the_same_draws():
    frames = torch.from_numpy(pictures(16, 40))
    one, again, other = (fusc_view(frames, 32, ViewDraws(torch_draws(seed, "views", 0))) for seed in (0, 0, 1))
    assert one.shape == (16, 1, 32, 32)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert ((one >= 0) & (one <= 1)).all()
