"""The context encoder's critic: is this patch real, and does it go with these DICOM tags (Miyato and Koyama 2018)?"""

from __future__ import annotations

from typing import Literal, cast

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from sonosift.nets.small_maps import compute_small_maps_as_products

_WIDTHS = (64, 128, 256, 512)


class ProjectionCritic(nn.Module):
    """``D(x, y) = w.h + b + h^T W y``, a logit; h is the sum (or mean) of the last feature map over its places.

    Args:
        tags: length of y; 0 makes the critic unconditional.
        pool: ``sum`` as in the published projection discriminator, or ``mean``.
        spectral: spectral normalisation of every layer; not mentioned in the paper.
    """

    def __init__(self, tags: int = 0, *, pool: Literal["sum", "mean"] = "sum", spectral: bool = False) -> None:
        super().__init__()

        def normed(layer: nn.Module) -> nn.Module:
            return spectral_norm(layer) if spectral else layer

        layers: list[nn.Module] = []
        entering = 1
        for width in _WIDTHS:
            layers.append(normed(nn.Conv2d(entering, width, 4, stride=2, padding=1)))
            if entering > 1:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            entering = width
        self.body = nn.Sequential(*layers)
        compute_small_maps_as_products(self.body)
        self.answer = normed(nn.Linear(entering, 1))
        self.tags = normed(_embeddings(tags, entering)) if tags else None
        self._pool = pool

    def forward(self, patches: Tensor, tags: Tensor | None = None) -> Tensor:
        """Return ``[B]`` logits of patches ``[B, 1, h, w]``; all tags 0 gives the unconditional answer.

        Args:
            patches: real or drawn.
            tags: ``[B, tags]`` of 0 and 1.
        """
        found = self.body(patches)
        features = found.sum(dim=(2, 3)) if self._pool == "sum" else found.mean(dim=(2, 3))
        answer = cast(nn.Linear, self.answer)
        if self.tags is None or tags is None:
            return projection_logits(features, answer.weight[0], answer.bias)
        return projection_logits(features, answer.weight[0], answer.bias, tags, cast(nn.Linear, self.tags).weight)


def _embeddings(tags: int, length: int) -> nn.Linear:
    """One column per tag, as large as ``w`` at the start.

    In the published projection discriminator both begin alike too. With torch's own start, made for layers whose inputs
    are the tags, the columns would be several times larger: random tags would drown what the critic sees.
    """
    layer = nn.Linear(tags, length, bias=False)
    nn.init.uniform_(layer.weight, -(length**-0.5), length**-0.5)
    return layer


def projection_logits(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    tags: Tensor | None = None,
    embeddings: Tensor | None = None,
) -> Tensor:
    """``D(x, y) = w.h + b + h^T W y``; several tags add up their embeddings, none gives the unconditional answer.

    Args:
        features: ``[B, d]``, h.
        weight: ``[d]``, w.
        bias: ``[1]`` or a scalar, b.
        tags: ``[B, T]`` of 0 and 1, y.
        embeddings: ``[d, T]``, W: one column per tag.

    Returns:
        ``[B]`` logits.
    """
    logits = features @ weight + bias
    if tags is None or embeddings is None:
        return logits
    return logits + (features * F.linear(tags.to(features.dtype), embeddings)).sum(dim=1)
