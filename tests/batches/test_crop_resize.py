import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from sonosift.batches.crop_resize import Boxes, crop_resize


def boxes_of(rows, flips=None):
    columns = torch.tensor(rows, dtype=torch.float32).T
    return Boxes(*columns, torch.tensor(flips or [False] * len(rows)))


@pytest.mark.parametrize("size", [16, 40, 90])
def test_equals_torchvision(size):
    frames = torch.randint(0, 256, (4, 50, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    places = [(0, 0, 50, 64), (3, 5, 20, 33), (10, 40, 40, 24), (7, 7, 9, 8)]
    mine = crop_resize(frames, boxes_of(places, [False, True, False, True]), size)
    for row, (place, flip) in enumerate(zip(places, [0, 1, 0, 1], strict=True)):
        expected = tv.resized_crop(frames[row][None].float() / 255, *place, size=[size, size], antialias=True)
        expected = tv.hflip(expected) if flip else expected
        torch.testing.assert_close(mine[row], expected, atol=1e-5, rtol=0)


def test_whole_frame_at_its_own_size_is_unchanged_and_constants_stay():
    frames = torch.randint(0, 256, (2, 20, 20), dtype=torch.uint8)
    same = crop_resize(frames, boxes_of([(0, 0, 20, 20)] * 2), 20)
    torch.testing.assert_close(same[:, 0], frames / 255.0)
    grey = torch.full((1, 30, 30), 77, dtype=torch.uint8)
    torch.testing.assert_close(
        crop_resize(grey, boxes_of([(2.3, 4.7, 11.2, 17.9)]), 9), torch.full((1, 1, 9, 9), 77 / 255)
    )


def test_a_box_of_one_pixel():
    frames = torch.arange(16, dtype=torch.uint8).reshape(1, 4, 4)
    assert (crop_resize(frames, boxes_of([(2, 1, 1, 1)]), 3) * 255).round().unique().tolist() == [9.0]


@pytest.mark.parametrize("size", [7, 19, 40])
def test_bicubic_is_that_of_torch(size):
    frames = torch.randint(0, 256, (3, 30, 30), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    ones = torch.ones(3)
    boxes = Boxes(4 * ones, 3 * ones, 20 * ones, 24 * ones, torch.zeros(3, dtype=torch.bool))
    cut = frames[:, None, 4:24, 3:27].float() / 255
    expected = torch.nn.functional.interpolate(cut, (size, size), mode="bicubic", antialias=True).clamp(0, 1)
    torch.testing.assert_close(crop_resize(frames, boxes, size, bicubic=True), expected, atol=1e-5, rtol=0)
