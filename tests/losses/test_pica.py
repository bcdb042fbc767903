import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sonosift.losses.dirichlet_prior import dirichlet_floor, dirichlet_prior, lsd_loss
from sonosift.losses.pica import consistency, consistency_matrix, log_cluster_sizes, negative_entropy, pica_loss


def softmax_by_hand(row):
    top = max(row)
    powers = [math.exp(value - top) for value in row]
    return [power / sum(powers) for power in powers]


def loops(weak, strong):
    """The matrix and its cross-entropy written as the paper's sums, one number at a time."""
    p = [softmax_by_hand(row) for row in weak.tolist()]
    q = [softmax_by_hand(row) for row in strong.tolist()]
    rows, clusters = weak.shape
    matrix = [[0.0] * clusters for _ in range(clusters)]
    for j in range(clusters):
        for k in range(clusters):
            dot = sum(p[n][j] * q[n][k] for n in range(rows))
            size_j = math.sqrt(sum(p[n][j] ** 2 for n in range(rows)))
            size_k = math.sqrt(sum(q[n][k] ** 2 for n in range(rows)))
            matrix[j][k] = dot / (size_j * size_k)
    loss = sum(-math.log(softmax_by_hand(matrix[j])[j]) for j in range(clusters)) / clusters
    z = [sum(p[n][k] for n in range(rows)) / rows for k in range(clusters)]
    return matrix, loss, z


@pytest.mark.parametrize("shape", [(1, 2), (3, 5), (17, 4), (40, 21)])
@pytest.mark.parametrize("spread", [0.1, 3.0])
def test_values_equal_the_sums_of_the_paper(shape, spread):
    generator = torch.Generator().manual_seed(shape[0])
    weak = spread * torch.randn(shape, generator=generator, dtype=torch.float64)
    strong = spread * torch.randn(shape, generator=generator, dtype=torch.float64)
    matrix, loss, z = loops(weak, strong)
    torch.testing.assert_close(consistency_matrix(weak, strong), torch.tensor(matrix, dtype=torch.float64))
    assert consistency(weak, strong).item() == pytest.approx(loss, rel=1e-12)
    assert consistency(weak.float(), strong.float()).item() == pytest.approx(loss, rel=1e-5)
    torch.testing.assert_close(log_cluster_sizes(weak).exp(), torch.tensor(z, dtype=torch.float64))
    entropy = -sum(value * math.log(value) for value in z)
    assert negative_entropy(weak).item() == pytest.approx(math.log(shape[1]) - entropy, rel=1e-9, abs=1e-12)
    prior = -(1.3 - 1) / math.log(shape[1]) * sum(math.log(value) for value in z)
    assert dirichlet_prior(weak, 1.3).item() == pytest.approx(prior, rel=1e-12)


@pytest.mark.parametrize("swapped", [False, True])
def test_whole_losses_add_the_balance_of_the_weak_view_whichever_view_gives_the_rows(swapped):
    weak, strong = torch.randn(2, 9, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    rows, columns = (strong, weak) if swapped else (weak, strong)
    _, agreement, _ = loops(rows, columns)
    z = loops(weak, strong)[2]
    entropy = math.log(4) + sum(value * math.log(value) for value in z)
    prior = -0.3 / math.log(4) * sum(math.log(value) for value in z)
    pica = pica_loss(weak, strong, 3.0, swapped=swapped)
    assert [part.item() for part in pica] == pytest.approx([agreement + 3 * entropy, agreement, entropy], rel=1e-9)
    lsd = lsd_loss(weak, strong, 0.5, 1.3, swapped=swapped)
    assert [part.item() for part in lsd] == pytest.approx([agreement + 0.5 * prior, agreement, prior], rel=1e-9)
    # Repeated rows change nothing: the published code repeats each original beside its perturbed copies.
    torch.testing.assert_close(pica_loss(weak.repeat(3, 1), strong.repeat(3, 1), 3.0, swapped=swapped), pica)


@pytest.mark.parametrize(("clusters", "value"), [(5, 0.905), (10, 1.461), (20, 2.078)])
def test_perfect_and_constant_predictions(clusters, value):
    perfect = 200.0 * torch.eye(clusters).repeat(3, 1)
    assert consistency(perfect, perfect).item() == pytest.approx(-math.log(math.e / (math.e + clusters - 1)), rel=1e-6)
    assert consistency(perfect, perfect).item() == pytest.approx(value, abs=5e-4)
    constant = torch.randn(1, clusters).repeat(12, 1)
    assert consistency(constant, constant).item() == pytest.approx(math.log(clusters), rel=1e-6)
    assert negative_entropy(perfect).item() == pytest.approx(0.0, abs=1e-6)


def test_rows_are_the_weak_view():
    # The loss is not symmetric: exchanging the views transposes the matrix and changes the softmax's direction.
    weak, strong = torch.randn(2, 9, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 2
    torch.testing.assert_close(consistency_matrix(weak, strong), consistency_matrix(strong, weak).T)
    assert abs(consistency(weak, strong) - consistency(strong, weak)).item() > 1e-4


@given(st.integers(1, 12), st.integers(2, 9), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_order_of_images_and_names_of_clusters_do_not_matter(rows, clusters, seed):
    generator = torch.Generator().manual_seed(seed)
    weak, strong = 2 * torch.randn(2, rows, clusters, generator=generator, dtype=torch.float64)
    images = torch.randperm(rows, generator=generator)
    names = torch.randperm(clusters, generator=generator)
    moved = weak[images][:, names], strong[images][:, names]
    torch.testing.assert_close(consistency(*moved), consistency(weak, strong))
    torch.testing.assert_close(negative_entropy(moved[0]), negative_entropy(weak))
    torch.testing.assert_close(dirichlet_prior(moved[0], 1.1), dirichlet_prior(weak, 1.1))
    assert dirichlet_prior(weak, 1.1).item() >= dirichlet_floor(clusters, 1.1) - 1e-9


@pytest.mark.parametrize(("clusters", "ratio"), [(10, 4.34), (20, 6.68), (30, 8.82)])
def test_curvature_at_equal_sizes(clusters, ratio):
    # One row whose softmax is z: second differences along a direction that keeps the sum of z.
    def along(loss, step):
        z = torch.full((clusters,), 1 / clusters, dtype=torch.float64)
        z[0] += step
        z[1] -= step
        return loss(z.log()[None]).item()

    def curvature(loss, step=1e-4 / clusters):
        return along(loss, step) + along(loss, -step) - 2 * along(loss, 0.0)

    alpha = 1.25
    measured = curvature(lambda logits: dirichlet_prior(logits, alpha)) / curvature(negative_entropy)
    assert measured == pytest.approx((alpha - 1) * clusters / math.log(clusters), rel=1e-3)
    assert measured / (alpha - 1) == pytest.approx(ratio, abs=0.01)


def test_floor_of_the_prior():
    assert dirichlet_prior(torch.zeros(6, 8), 1.1).item() == pytest.approx(dirichlet_floor(8, 1.1), rel=1e-6)
    assert dirichlet_floor(8, 1.1) == pytest.approx(0.8)


def hard_cases():
    empty = torch.zeros(5, 4)
    empty[:, 2] = -1e4
    yield "empty cluster", empty
    one_hot = torch.full((6, 5), -300.0)
    one_hot[:, 0] = 300.0
    yield "all in one cluster", one_hot
    yield "one row", torch.tensor([[3.0, -2.0, 500.0]])
    yield "duplicate rows", torch.tensor([[1.0, 2.0, 3.0]]).repeat(7, 1)
    yield "huge", torch.tensor([[3e38, -3e38, 0.0], [0.0, 3e38, -3e38]])
    yield "bfloat16", torch.randn(4, 3).bfloat16()


@pytest.mark.parametrize(
    ("name", "logits"), list(hard_cases()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_value_and_gradient_are_finite(name, logits):
    for other in (logits, logits.flip(0), torch.zeros_like(logits)):
        weak = logits.clone().requires_grad_()
        strong = other.clone().requires_grad_()
        loss = consistency(weak, strong) + 2 * negative_entropy(weak) + dirichlet_prior(weak, 1.1)
        loss.backward()
        assert torch.isfinite(loss)
        assert torch.isfinite(weak.grad).all()
        assert torch.isfinite(strong.grad).all()


def test_the_prior_pulls_on_a_cluster_that_underflowed():
    logits = torch.zeros(8, 3)
    logits[:, 1] = -2000.0
    logits.requires_grad_()
    dirichlet_prior(logits, 1.1).backward()
    # Each row would have to raise the lost cluster: -(alpha-1)/log K per cluster, shared among the rows.
    assert (logits.grad[:, 1] < -1e-3).all()


def test_sizes_come_from_the_weak_view_in_full_precision_under_autocast():
    logits = 3 * torch.randn(50, 6, generator=torch.Generator().manual_seed(1))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = consistency(logits, logits.flip(1))
    assert inside.dtype == torch.float32
    torch.testing.assert_close(inside, consistency(logits, logits.flip(1)), rtol=1e-6, atol=0)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        consistency(torch.zeros(3, 4), torch.zeros(4, 4))
    with pytest.raises(ValueError, match="rows >= 1"):
        negative_entropy(torch.zeros(0, 4))
    with pytest.raises(ValueError, match="columns >= 2"):
        dirichlet_prior(torch.zeros(3, 1), 1.1)
    with pytest.raises(ValueError, match="alpha"):
        dirichlet_prior(torch.zeros(3, 2), 0.0)
