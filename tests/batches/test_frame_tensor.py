import cv2
import numpy as np
import pytest
import torch

from sonosift.batches import frame_tensor
from sonosift.batches.frame_tensor import FrameTensor, shrink
from sonosift.batches.load_frames import load_frames
from sonosift.errors import SonosiftError


def test_order_duplicates_and_size():
    stored = np.random.default_rng(0).integers(0, 256, (600, 32, 32), dtype=np.uint8)
    frames = load_frames(lambda ids: stored[[int(i) for i in ids]], [str(i) for i in range(599, -1, -1)], 32)
    assert len(frames) == 600
    np.testing.assert_array_equal(frames.gather(np.array([0, 5, 5])).numpy(), stored[[599, 594, 594]])


def test_shrinking_smooths():
    smooth = cv2.GaussianBlur(np.random.default_rng(1).random((64, 64)).astype(np.float32), (0, 0), 5)
    image = (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)
    small = shrink(torch.from_numpy(image)[None], 32)[0].numpy().astype(int)
    assert np.abs(small - cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA).astype(int)).max() <= 3
    board = torch.from_numpy(((np.indices((64, 64)).sum(0) % 2) * 255).astype(np.uint8))[None]
    assert shrink(board, 16).float().std() < 10  # aliasing would keep the pattern


def test_small_frames_stay_and_bad_ones_are_refused():
    assert shrink(torch.zeros(1, 8, 8, dtype=torch.uint8), 20).shape == (1, 8, 8)
    with pytest.raises(ValueError, match="uint8"):
        FrameTensor(torch.zeros(1, 8, 8))
    with pytest.raises(SonosiftError, match="no frame"):
        load_frames(lambda ids: np.zeros((0, 8, 8), np.uint8), [], 8)


def test_frames_that_do_not_fit_on_the_device_stay_and_their_batches_go_there(monkeypatch):
    stored = torch.arange(4 * 6 * 6, dtype=torch.uint8).view(4, 6, 6)
    # The meta device holds no values: good enough to see what lies where.
    for free, home in ((2 * stored.numel(), "meta"), (2 * stored.numel() - 1, "cpu"), (None, "meta")):
        monkeypatch.setattr(frame_tensor, "free_on", lambda device, free=free: free)
        frames = FrameTensor(stored).to("meta")
        assert frames.home.type == home
        assert frames.device.type == frames.gather(np.array([3, 1])).device.type == "meta"
