"""The feature extractor: any timm network, fed with grey frames."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from sonosift.errors import SonosiftError, unknown_name

# ImageNet's mean and spread, per colour and for their grey mean: weights from there expect inputs scaled so.
_COLOUR_MEAN, _COLOUR_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_GREY_MEAN, _GREY_SPREAD = (0.449,), (0.226,)


class Backbone(nn.Module):
    """A timm network without its classifier: grey images in 0..1 become feature vectors.

    Args:
        name: a timm architecture, such as ``resnet18``.
        channels: 1 feeds the grey image as it is; 3 repeats it, for weights that cannot be converted.
    """

    def __init__(self, name: str, channels: int = 1) -> None:
        super().__init__()
        import timm

        if channels not in (1, 3):
            raise SonosiftError(f"channels is {channels}", "Use 1 (grey) or 3 (grey repeated).")
        architecture = name.split(".")[0]
        if not timm.is_model(architecture):
            raise unknown_name_of_backbone(architecture)
        self.name, self.channels = architecture, channels
        self.net = timm.create_model(architecture, pretrained=False, num_classes=0, in_chans=channels)
        mean, spread = (_GREY_MEAN, _GREY_SPREAD) if channels == 1 else (_COLOUR_MEAN, _COLOUR_SPREAD)
        # Not persistent: the saved weights hold timm's keys and nothing else.
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(spread).view(1, -1, 1, 1), persistent=False)

    @property
    def features(self) -> int:
        """Length of a feature vector."""
        return int(cast(int, self.net.num_features))

    def forward(self, images: Tensor) -> Tensor:
        """Turn ``[B, 1, H, W]`` in 0..1 into ``[B, features]``."""
        scaled = (images - cast(Tensor, self.mean)) / cast(Tensor, self.spread)
        return cast(Tensor, self.net(scaled))


def unknown_name_of_backbone(name: str) -> SonosiftError:
    """Build the error for a network that timm does not know, naming close ones but not all thousand."""
    import timm

    hint = unknown_name("backbone", name, timm.list_models()).hint
    return SonosiftError(f"timm has no network {name!r}", hint or "See timm.list_models() for the names.")
