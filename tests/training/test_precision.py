import pytest
import torch

from sonosift.errors import SonosiftError
from sonosift.training.precision import choose_precision


def test_names_and_automatic_choice(monkeypatch):
    assert choose_precision("32") == "32-true"
    assert choose_precision("bf16") == "bf16-mixed"
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    for has, chosen in ((True, "bf16-mixed"), (False, "32-true")):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has=has: has)
        assert choose_precision("auto") == chosen
    with pytest.raises(SonosiftError, match="bf16"):
        choose_precision("bf61")
