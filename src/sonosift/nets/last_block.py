"""The last block of a backbone, which learns with the head when the rest stays as it is (USCL's "last 3 layers")."""

from __future__ import annotations

from typing import Any

from torch import nn

from sonosift.errors import SonosiftError


def last_block(net: nn.Module) -> list[nn.Module]:
    """Return the modules of a timm network that lie behind its last but one block.

    For a ResNet-18 that is the second block of ``layer4``, as USCL's published fine-tuning has it; for a transformer
    the last block and the normalisation behind it.
    """
    parts: Any = net
    if hasattr(net, "layer4"):
        return [parts.layer4[-1]]
    if hasattr(net, "blocks"):
        after = [getattr(net, name) for name in ("norm", "conv_head", "bn2", "fc_norm") if hasattr(net, name)]
        return [parts.blocks[-1], *after]
    if hasattr(net, "stages"):
        return [parts.stages[-1]]
    if hasattr(net, "features"):
        blocks = [block for block in net.features.children() if any(True for _ in block.parameters())]  # type: ignore[union-attr]
        return blocks[-2:]
    raise SonosiftError(f"{type(net).__name__} has no last block that is known", "Use finetune=full or finetune=head.")
