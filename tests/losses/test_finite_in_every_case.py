"""Every loss in every case that a small or unlucky batch brings: value and gradient stay finite."""

import importlib
import inspect
import pkgutil

import pytest
import torch

from sonosift import losses
from sonosift.losses.binary_cross_entropy import multi_label_cross_entropy
from sonosift.losses.context_encoder import critic_loss, fooling_loss, generator_loss, reconstruction
from sonosift.losses.dino import dino_loss
from sonosift.losses.dirichlet_prior import dirichlet_prior, lsd_loss
from sonosift.losses.fixmatch import fixmatch, multi_label_fixmatch
from sonosift.losses.neighbour_consistency import neighbour_consistency
from sonosift.losses.nt_xent import nt_xent
from sonosift.losses.one_label_cross_entropy import one_label_cross_entropy
from sonosift.losses.partly_labelled import partly_labelled_cross_entropy
from sonosift.losses.pica import consistency, negative_entropy, pica_loss
from sonosift.losses.prediction_consistency import prediction_distance
from sonosift.losses.queue_contrast import queue_contrast
from sonosift.losses.row_mean import row_mean
from sonosift.losses.self_labelling import self_labelling
from sonosift.losses.temi import temi_loss
from sonosift.losses.uscl import uscl_loss
from tests.losses.numbers import assert_finite

COLUMNS = 5
NOT_LOSSES = {
    "updated_centre", "dirichlet_floor", "consistency_matrix", "log_cluster_sizes", "consistency_weight", "sharpened",
    "updated_prior", "without_autocast", "at_least_float32", "full_precision", "log_probabilities", "unit_rows",
    "check_logits",
}  # fmt: skip


def queue():
    return torch.nn.functional.normalize(torch.ones(COLUMNS, 7), dim=0)


def one_hot(rows):
    return torch.eye(COLUMNS)[torch.arange(rows) % COLUMNS]


def temi(a, b):
    heads = tuple(view[None].repeat(2, 1, 1) for view in (a, b))
    return temi_loss(heads, heads, torch.full((2, COLUMNS), 1 / COLUMNS)).sum()


# Of two views [B, K] of a batch and of which rows are labelled [B].
LOSSES = {
    "pica_loss": lambda a, b, known: pica_loss(a, b).total,
    "lsd_loss": lambda a, b, known: lsd_loss(a, b).total,
    "consistency": lambda a, b, known: consistency(a, b),
    "negative_entropy": lambda a, b, known: negative_entropy(a) + 0.0 * b.sum(),
    "dirichlet_prior": lambda a, b, known: dirichlet_prior(a, 1.1) + 0.0 * b.sum(),
    "nt_xent": lambda a, b, known: nt_xent(a, b) + nt_xent(a, b, symmetric=False),
    "queue_contrast": lambda a, b, known: queue_contrast(a, b, queue()) + 0.0 * b.sum(),
    "dino_loss": lambda a, b, known: dino_loss(torch.cat([a, b]), torch.cat([b, a]), torch.zeros(COLUMNS)),
    "uscl_loss": lambda a, b, known: uscl_loss(a, b, torch.cat([a, b]), torch.where(known, 1, -1).repeat(2)).total,
    "partly_labelled_cross_entropy": lambda a, b, known: (
        partly_labelled_cross_entropy(a, torch.where(known, 2, -1))
        + partly_labelled_cross_entropy(b, torch.where(known, 2, -1), "all")
    ),
    "multi_label_cross_entropy": lambda a, b, known: (
        multi_label_cross_entropy(a, one_hot(len(a)), known)
        + multi_label_cross_entropy(b, one_hot(len(a)), known, focus=2.0, normaliser="all")
    ),
    "one_label_cross_entropy": lambda a, b, known: (
        one_label_cross_entropy(a, one_hot(len(a)), known)
        + one_label_cross_entropy(b, one_hot(len(a)), known, focus=2.0, normaliser="all")
    ),
    "row_mean": lambda a, b, known: row_mean(a[:, 0], known) + row_mean(b[:, 0], known, "all"),
    "reconstruction": lambda a, b, known: reconstruction(a[:, None, None], b[:, None, None]),
    "critic_loss": lambda a, b, known: critic_loss(a[:, 0], b[:, 0]),
    "fooling_loss": lambda a, b, known: fooling_loss(a[:, 0]) + 0.0 * b.sum(),
    "generator_loss": lambda a, b, known: generator_loss(a[:, None, None], b[:, None, None], b[:, 0]).total,
    "neighbour_consistency": lambda a, b, known: neighbour_consistency(a, b).total,
    "self_labelling": lambda a, b, known: self_labelling(a, b).loss + 0.0 * a.sum(),
    "temi_loss": lambda a, b, known: temi(a, b),
    "fixmatch": lambda a, b, known: fixmatch(a, b).loss + 0.0 * a.sum(),
    "multi_label_fixmatch": lambda a, b, known: multi_label_fixmatch(a, b).loss + 0.0 * a.sum(),
    "prediction_distance": lambda a, b, known: prediction_distance(a.softmax(1), b.softmax(1), known),
}


def views(rows):
    draw = torch.Generator().manual_seed(0)
    return torch.randn(rows, COLUMNS, generator=draw), torch.randn(rows, COLUMNS, generator=draw)


def empty_clusters():
    """Two columns whose probability is 0 in every row, exactly, in both views."""
    one, other = views(6)
    for view in (one, other):
        view[:, 1:3] = -1e4
    assert (one.softmax(dim=1)[:, 1:3] == 0).all()
    return one, other, torch.ones(6, dtype=torch.bool)


def all_in_one_cluster():
    one, other = (1e4 * torch.eye(COLUMNS)[torch.zeros(6, dtype=torch.long)] for _ in range(2))
    return one, other, torch.ones(6, dtype=torch.bool)


def one_row():
    return *views(1), torch.ones(1, dtype=torch.bool)


def one_row_without_a_label():
    return *views(1), torch.zeros(1, dtype=torch.bool)


def no_labelled_row():
    """No answer is confident enough to count, either."""
    one, other = views(6)
    return 0.01 * one, 0.01 * other, torch.zeros(6, dtype=torch.bool)


def duplicate_rows():
    """All rows and both views are the same."""
    one, _ = views(1)
    return one.repeat(6, 1), one.repeat(6, 1), torch.ones(6, dtype=torch.bool)


def rows_of_zeros():
    return torch.zeros(4, COLUMNS), torch.zeros(4, COLUMNS), torch.ones(4, dtype=torch.bool)


CASES = [
    empty_clusters, all_in_one_cluster, one_row, one_row_without_a_label, no_labelled_row, duplicate_rows, rows_of_zeros
]  # fmt: skip


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_are_finite(name, case, precision):
    one, other, known = case()
    one, other = (view.to(precision).requires_grad_() for view in (one, other))
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        loss = LOSSES[name](one, other, known)
    assert loss.ndim == 0
    assert_finite(loss, one, other)


def test_no_loss_is_missing_here():
    public = {
        name
        for module in pkgutil.iter_modules(losses.__path__)
        for name, found in inspect.getmembers(
            importlib.import_module(f"{losses.__name__}.{module.name}"), inspect.isfunction
        )
        if not name.startswith("_") and found.__module__ == f"{losses.__name__}.{module.name}"
    }
    assert public - NOT_LOSSES == set(LOSSES)
