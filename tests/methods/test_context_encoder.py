import pytest
import torch

from sonosift.losses.context_encoder import critic_loss, generator_loss
from sonosift.methods.method import Batch
from sonosift.nets.context_generator import centre_of, without_centre
from sonosift.nets.projection_critic import ProjectionCritic, projection_logits
from sonosift.training.finished_run import new_method

SMALL = {"backbone": "resnet18", "image_size": 64, "image_width": 96, "decoder_widths": (16, 8, 8, 4)}


def encoder(**settings):
    return new_method("context-encoder", SMALL | settings, {"tags": 10}, seed=0)


def images(count=3):
    return torch.rand(count, 1, 64, 96, generator=torch.Generator().manual_seed(0))


def test_the_turns_take_the_losses_of_the_paper_from_the_centre_alone():
    method, twin = encoder().train(), encoder().train()
    tags = torch.eye(10)[:3]
    batch = Batch({"image": images()}, tags)
    scaled = (images() - images().mean((2, 3), keepdim=True)) / images().std((2, 3), keepdim=True, unbiased=False)
    hidden = scaled.clone()
    hidden[:, :, 16:48, 24:72] = 0.0
    drawn = twin.generator(hidden)
    assert drawn.shape == (3, 1, 32, 48)
    real = scaled[:, :, 16:48, 24:72]
    expected = critic_loss(twin.critic(real, tags), twin.critic(drawn, tags))
    torch.testing.assert_close(method.losses(batch, "critic")["loss"], expected, rtol=1e-4, atol=1e-5)
    found = method.losses(batch, "generator")
    joint = generator_loss(drawn, real, twin.critic(drawn, tags))
    torch.testing.assert_close(found["loss"], joint.total, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found["reconstruction"], joint.reconstruction, rtol=1e-4, atol=1e-5)


def test_the_critic_projects_the_sum_of_the_tags_on_its_features():
    features, weight, bias = torch.randn(4, 6), torch.randn(6), torch.randn(1)
    tags, embeddings = torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]]), torch.randn(6, 3)
    found = projection_logits(features, weight, bias, tags, embeddings)
    for n in range(4):
        by_hand = sum(features[n, d] * weight[d] for d in range(6)) + bias[0]
        by_hand += sum(features[n, d] * embeddings[d, t] * tags[n, t] for d in range(6) for t in range(3))
        assert found[n].item() == pytest.approx(by_hand.item(), abs=1e-5)
    assert found[1] == projection_logits(features, weight, bias)[1]


@pytest.mark.parametrize("pool", ["sum", "mean"])
@pytest.mark.parametrize("spectral", [False, True])
def test_pooling_and_spectral_norm_of_the_critic(pool, spectral):
    critic = ProjectionCritic(3, pool=pool, spectral=spectral).eval()
    patches, tags = torch.randn(2, 1, 64, 64), torch.eye(3)[:2]
    critic.train()(patches, tags)
    critic.eval()
    body = critic.body(patches)
    pooled = body.sum((2, 3)) if pool == "sum" else body.mean((2, 3))
    expected = critic.answer(pooled)[:, 0] + (pooled * critic.tags(tags)).sum(1)
    torch.testing.assert_close(critic(patches, tags), expected)
    normed = [layer for layer in critic.modules() if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d)]
    assert all(torch.nn.utils.parametrize.is_parametrized(layer) is spectral for layer in normed)
    norms = [layer for layer in critic.body if isinstance(layer, torch.nn.BatchNorm2d)]
    assert [norm.num_features for norm in norms] == [128, 256, 512]


def test_at_the_start_one_tag_weighs_as_much_as_the_picture():
    """Tags that begin several times larger drown the picture, and the generator is pulled anywhere."""
    torch.manual_seed(0)
    patches, shares = torch.randn(40, 1, 32, 32), []
    for _ in range(8):
        critic = ProjectionCritic(10)
        bare = critic(patches, torch.zeros(40, 10))
        tagged = critic(patches, torch.eye(10)[torch.arange(40) % 10])
        shares.append(((tagged - bare).std() / bare.std()).item())
    assert 0.5 < sorted(shares)[4] < 3.0


def test_pictures_show_what_lies_around_and_only_the_middle_is_drawn():
    method = encoder()
    frames = torch.randint(0, 256, (2, 64, 64), dtype=torch.uint8)
    shown = method.pictures(frames)
    assert list(shown) == ["without its middle", "filled in", "as it is"]
    hidden, filled, real = shown.values()
    around = torch.ones(64, 96, dtype=torch.bool)
    centre_of(around[None, None]).fill_(False)
    torch.testing.assert_close(filled[:, 0, around], real[:, 0, around], atol=1e-5, rtol=0)
    torch.testing.assert_close(hidden[:, 0, around], real[:, 0, around], atol=1e-5, rtol=0)
    assert (centre_of(hidden).flatten(1).std(dim=1) < 1e-6).all()
    assert (centre_of(filled).flatten(1).std(dim=1) > 1e-6).all()
    assert method.training


def test_the_mask_is_a_quarter_on_each_side():
    masked = without_centre(torch.ones(1, 1, 8, 12))
    assert (masked == 0).sum() == 4 * 6
    assert masked[0, 0, 2:6, 3:9].sum() == 0
