"""The feature extractor: any timm network, fed with grey frames."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sonosift.errors import SonosiftError, unknown_name
from sonosift.nets.depthwise_in_float32 import compute_depthwise_in_float32
from sonosift.nets.scaling import Scaling, mean_and_spread
from sonosift.nets.small_maps import compute_small_maps_as_products

_LEAST_SPREAD = 1e-6
GREY, SOBEL, COLOUR = 1, 2, 3


class Backbone(nn.Module):
    """A timm network without its classifier: grey images in 0..1 become feature vectors.

    Args:
        name: a timm architecture, such as ``resnet18``.
        channels: 1 feeds the grey image as it is; 3 repeats it, for weights that cannot be converted; 2 feeds its
            horizontal and vertical gradient (Sobel filters), as DeepCluster and PICA do.
        scaling: what is taken off the grey values and what they are divided by; see :mod:`sonosift.nets.scaling`.
        drop_path: chance of leaving out a block of a transformer in training.
    """

    def __init__(self, name: str, channels: int = GREY, scaling: Scaling = "imagenet", drop_path: float = 0.0) -> None:
        super().__init__()
        import timm

        if channels not in (GREY, SOBEL, COLOUR):
            raise SonosiftError(f"channels is {channels}", "Use 1 (grey), 3 (grey repeated) or 2 (Sobel gradients).")
        architecture = name.split(".")[0]
        if not timm.is_model(architecture):
            raise unknown_name_of_backbone(architecture)
        self.name, self.channels, self.scaling = architecture, channels, scaling
        # A transformer takes any size when its position table is stretched to it.
        of_transformers: dict[str, Any] = (
            {"dynamic_img_size": True, "drop_path_rate": drop_path} if is_transformer(architecture) else {}
        )
        self.net = timm.create_model(
            architecture, pretrained=False, num_classes=0, in_chans=channels, **of_transformers
        )
        compute_small_maps_as_products(self.net)
        compute_depthwise_in_float32(self.net)
        mean, spread = mean_and_spread(scaling, colour=channels == COLOUR)
        # Not persistent: the saved weights hold timm's keys and nothing else.
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(spread).view(1, -1, 1, 1), persistent=False)
        edge = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
        self.register_buffer("sobel", torch.stack([edge, edge.T])[:, None], persistent=False)

    @property
    def features(self) -> int:
        """Length of a feature vector."""
        return int(cast(int, getattr(self.net, "head_hidden_size", None) or self.net.num_features))

    def scaled(self, images: Tensor) -> Tensor:
        """Scale ``[B, 1, H, W]`` in 0..1 as the network wants it."""
        if self.scaling == "image":
            mean = images.mean(dim=(2, 3), keepdim=True)
            spread = images.std(dim=(2, 3), keepdim=True, unbiased=False)
            scaled = (images - mean) / (spread + _LEAST_SPREAD)
            scaled = scaled.repeat(1, self.channels, 1, 1) if self.channels == COLOUR else scaled
        else:
            scaled = (images - cast(Tensor, self.mean)) / cast(Tensor, self.spread)
        return F.conv2d(scaled, cast(Tensor, self.sobel), padding=1) if self.channels == SOBEL else scaled

    def forward(self, images: Tensor) -> Tensor:
        """Turn ``[B, 1, H, W]`` in 0..1 into ``[B, features]``."""
        return cast(Tensor, self.net(self.scaled(images)))

    def feature_map(self, scaled: Tensor) -> Tensor:
        """Turn what ``scaled`` returned into a map ``[B, C, h, w]``; for convolutional networks."""
        compute: Any = self.net.forward_features
        return cast(Tensor, compute(scaled))


def is_transformer(architecture: str) -> bool:
    """Say whether a timm network cuts images into patches.

    >>> is_transformer("vit_small_patch16_224"), is_transformer("resnet18")
    (True, False)
    """
    return architecture.startswith(("vit_", "deit_", "test_vit"))


def unknown_name_of_backbone(name: str) -> SonosiftError:
    """Build the error for a network that timm does not know, naming close ones but not all thousand."""
    import timm

    hint = unknown_name("backbone", name, timm.list_models()).hint
    return SonosiftError(f"timm has no network {name!r}", hint or "See timm.list_models() for the names.")
