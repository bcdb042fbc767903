import copy

import pytest
import torch
from torch import distributed as dist
from torch import nn

from sonosift.nets.synced_batch_norm import SyncedBatchNorm, synchronise_batch_norm


@pytest.fixture
def group_of_one(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("group_of_one")
@pytest.mark.parametrize(("mean", "spread"), [(0.0, 1.0), (100.0, 0.1)], ids=["usual", "far from zero"])
def test_one_process_gets_what_torch_computes(mean, spread):
    """Also where the mean is a thousand times the spread: the difference of two sums of squares would be noise."""
    plain = nn.Sequential(nn.BatchNorm2d(3))
    synced = copy.deepcopy(plain)
    synchronise_batch_norm(synced)
    assert type(synced[0]) is SyncedBatchNorm
    images = mean + spread * torch.randn(5, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    found = []
    for network in (plain, synced):
        given = images.clone().requires_grad_()
        answer = network.train()(given)
        (answer * torch.linspace(-1, 1, answer.numel()).view_as(answer)).sum().backward()
        found.append([answer, given.grad, *(weight.grad for weight in network.parameters()), *network.buffers()])
    for expected, mine in zip(*found, strict=True):
        torch.testing.assert_close(mine, expected, rtol=2e-3, atol=2e-3)
