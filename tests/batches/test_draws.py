import torch

from sonosift.batches.draws import draw_key, numpy_draws, torch_draws


def test_keys_are_fixed_numbers():
    # Stored runs resume by these numbers: a change of the mixing would silently change every run.
    assert (
        draw_key(0, "views", 5, 1)
        == int.from_bytes(__import__("hashlib").blake2b(b"0/views/5/1", digest_size=8).digest(), "big") // 2
    )


def test_each_position_has_its_own_numbers():
    keys = {draw_key(s, p, a, b) for s in range(5) for p in ("views", "order") for a in range(20) for b in range(4)}
    assert len(keys) == 5 * 2 * 20 * 4
    assert draw_key(1, "x", 23) != draw_key(1, "x", 2, 3)


def test_same_position_same_numbers():
    assert torch.equal(torch.rand(5, generator=torch_draws(1, "v", 2)), torch.rand(5, generator=torch_draws(1, "v", 2)))
    assert (numpy_draws(1, "v", 2).random(5) == numpy_draws(1, "v", 2).random(5)).all()
