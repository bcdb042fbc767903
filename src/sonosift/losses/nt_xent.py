"""NT-Xent, the loss of SimCLR and the contrastive part of USCL: find the other view of an image among all views."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from sonosift.losses.full_precision import check_logits, unit_rows, without_autocast


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5, *, symmetric: bool = True) -> Tensor:
    """Mean cross-entropy of recognising each view's partner among the other ``2N - 1`` views (USCL eq. 4; SimCLR).

    ``L = (1/2N) sum_a -log( exp(s(a, a+) / T) / sum_{b != a} exp(s(a, b) / T) )``, s the cosine. The published
    SimCLR code returns the sum of the two views' means, exactly twice this value.

    Args:
        first: ``[N, D]`` projections of one view of each image; normalised here, so any length will do.
        second: ``[N, D]`` of the other view, same images, same order.
        temperature: T.
        symmetric: both views are anchors (mean over 2N); otherwise the first view only (mean over N, as in the
            published code of SCAN and FUSC), still against all ``2N - 1`` others.

    Returns:
        A scalar; exchanging the views leaves the symmetric form unchanged. One image alone gives 0.
    """
    check_logits(first, "first")
    check_logits(second, "second")
    if first.shape != second.shape:
        raise ValueError(f"views differ in shape: first {tuple(first.shape)}, second {tuple(second.shape)}")
    if temperature <= 0:
        raise ValueError(f"temperature must be above 0, received {temperature}")
    images = len(first)
    with without_autocast(first.device):
        views = unit_rows(torch.cat([first, second]))
        anchors = views if symmetric else views[:images]
        similarity = anchors @ views.T / temperature
        rows = torch.arange(len(anchors), device=views.device)
        itself = torch.zeros_like(similarity, dtype=torch.bool)
        itself[rows, rows] = True
        similarity = similarity.masked_fill(itself, -torch.inf)
        return F.cross_entropy(similarity, (rows + images) % (2 * images))
