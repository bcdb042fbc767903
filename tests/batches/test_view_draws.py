import pytest
import torch
from scipy import stats

from sonosift.batches.draws import torch_draws
from sonosift.batches.view_draws import ViewDraws


def draws(share=None, total=None):
    return ViewDraws(torch_draws(0, "t", 1), share, total)


def everything(source, count):
    return [
        source.uniform(count, 2, low=-1.0, high=3.0),
        source.integers(count, 7).float(),
        source.beta(count, 0.5, 2),
        source.uniform(count),
    ]


def test_shares_put_together_are_the_whole():
    whole = everything(draws(), 10)
    parts = [torch.arange(0, 10, 3), torch.arange(1, 10, 3), torch.arange(2, 10, 3)]
    shared = [everything(draws(part, 10), len(part)) for part in parts]
    for kind, numbers in enumerate(whole):
        put_together = torch.empty_like(numbers)
        for part, found in zip(parts, shared, strict=True):
            put_together[..., part] = found[kind]
        torch.testing.assert_close(put_together, numbers)


def test_distributions():
    assert stats.kstest(draws().uniform(4000, low=2.0, high=6.0).numpy(), stats.uniform(2, 4).cdf).pvalue > 0.001
    assert stats.kstest(draws().beta(4000, 0.5).numpy(), stats.beta(0.5, 0.5).cdf).pvalue > 0.001
    assert draws().integers(1000, 5).unique().tolist() == [0, 1, 2, 3, 4]


def test_a_share_must_fit():
    with pytest.raises(ValueError, match="whole batch"):
        draws(torch.arange(3))
    with pytest.raises(ValueError, match="holds 3"):
        draws(torch.arange(3), 9).uniform(4)
