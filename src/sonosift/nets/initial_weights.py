"""Where a backbone's first weights come from: random, timm's pretrained ones, or a file."""

from __future__ import annotations

from pathlib import Path

from sonosift.errors import SonosiftError
from sonosift.nets.backbone import Backbone
from sonosift.nets.foreign_weights import fill_from_file

RANDOM = "random"
TIMM = "timm:"


def initialise(backbone: Backbone, init: str | Path) -> None:
    """Fill a backbone.

    Args:
        backbone: the network, already random.
        init: ``random`` leaves it so; ``timm:NAME`` asks timm for pretrained weights (from its cache or the network);
            anything else is the path of a file: safetensors, or a checkpoint of torch (see ``foreign_weights``).
    """
    if str(init) == RANDOM:
        return
    if str(init).startswith(TIMM):
        _load_pretrained(backbone, str(init).removeprefix(TIMM))
        return
    fill_from_file(backbone.net, Path(init))


def _load_pretrained(backbone: Backbone, name: str) -> None:
    import timm

    if name.split(".")[0] != backbone.name:
        raise SonosiftError(
            f"{TIMM}{name} is another network than the backbone {backbone.name}", f"Set backbone={name.split('.')[0]}."
        )
    try:
        net = timm.create_model(name, pretrained=True, num_classes=0, in_chans=backbone.channels)
    except Exception as error:  # whatever the download library raises without a network
        raise SonosiftError(
            f"the pretrained weights {name!r} could not be had: {type(error).__name__}",
            "They are downloaded once, which needs a network; init=random needs none.",
        ) from error
    backbone.net.load_state_dict(net.state_dict())
