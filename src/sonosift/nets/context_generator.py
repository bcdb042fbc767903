"""The context encoder's generator: from an image without its middle to the middle."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from sonosift.errors import SonosiftError
from sonosift.nets.backbone import Backbone

REDUCTION = 32
"""The encoder shrinks by this much; four doublings then give half the image, which is its middle."""


class ContextGenerator(nn.Module):
    """Encoder, and a decoder of four up-convolutions to the centre patch (half the height, half the width).

    Args:
        backbone: a convolutional network that shrinks 32 times (VGG16-BN in the paper).
        widths: channels of the four up-convolutions.
    """

    def __init__(self, backbone: Backbone, widths: tuple[int, int, int, int] = (256, 128, 64, 32)) -> None:
        super().__init__()
        self.backbone = backbone
        was_training = backbone.training
        backbone.eval()
        with torch.no_grad():
            found = backbone.feature_map(torch.zeros(1, backbone.channels, 2 * REDUCTION, 2 * REDUCTION))
        backbone.train(was_training)
        if found.ndim != 4 or found.shape[2:] != (2, 2):
            raise SonosiftError(
                f"{backbone.name} does not shrink images {REDUCTION} times to a map",
                "The context encoder needs a convolutional network such as vgg16_bn or resnet18.",
            )
        channels = (found.shape[1], *widths)
        blocks: list[nn.Module] = []
        for entering, leaving in pairwise(channels):
            up = nn.ConvTranspose2d(entering, leaving, 3, stride=2, padding=1, output_padding=1, bias=False)
            blocks += [up, nn.BatchNorm2d(leaving), nn.ReLU(inplace=True)]
        # No activation at the end: the images are scaled to mean 0 and are not bounded.
        self.decoder = nn.Sequential(*blocks, nn.Conv2d(channels[-1], 1, 3, padding=1))

    def forward(self, masked: Tensor) -> Tensor:
        """Turn scaled images ``[B, c, H, W]`` with an empty middle into patches ``[B, 1, H/2, W/2]``."""
        return cast(Tensor, self.decoder(self.backbone.feature_map(masked)))


def centre_of(images: Tensor) -> Tensor:
    """Return the middle half of the rows and columns.

    >>> centre_of(torch.arange(16.0).view(1, 1, 4, 4)).flatten().tolist()
    [5.0, 6.0, 9.0, 10.0]
    """
    height, width = images.shape[2:]
    return images[:, :, height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2]


def without_centre(images: Tensor) -> Tensor:
    """Return a copy whose middle is 0, the mean of a scaled image."""
    masked = images.clone()
    centre_of(masked).zero_()
    return masked
