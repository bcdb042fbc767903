"""A checkpoint that timm reads by itself: ``timm.create_model(NAME, checkpoint_path=…)``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sonosift.batches.frame_tensor import shrink
from sonosift.batches.random_views import centre_view
from sonosift.errors import SonosiftError
from sonosift.export.checked import Answers
from sonosift.export.description import Description
from sonosift.export.exportable import Exportable
from sonosift.export.exported_network import FEATURES, LOGITS
from sonosift.nets.backbone import is_transformer
from sonosift.nets.weights_file import save_weights

WEIGHTS = "model.safetensors"
CONFIG = "config.json"


def write_timm(exported: Exportable, folder: Path) -> None:
    """Write weights under timm's keys, and the file that timm's own hub format has beside them."""
    told = exported.description
    if told.head not in ((), ("linear",)) or (told.groups and told.groups.merged):
        raise SonosiftError(
            f"the groups of run {told.run!r} are no linear layer on a backbone, so no timm network holds them",
            "Export it --to bundle or --to onnx; for the backbone alone, export the run that it came from.",
        )
    state = dict(exported.backbone.net.state_dict())
    net = timm_model(told)
    if exported.head is not None:
        state |= _classifier(net, exported.head.module[0])
    if state.keys() != net.state_dict().keys():
        raise SonosiftError(
            f"timm's {told.network.architecture} has no single linear layer to its classes",
            "Export the run --to bundle or --to onnx.",
        )
    save_weights(folder / WEIGHTS, state, {"run": told.run})
    (folder / CONFIG).write_text(json.dumps(_config(told), indent=2) + "\n", encoding="utf-8")


def timm_arguments(told: Description) -> dict[str, Any]:
    """Return what ``timm.create_model`` wants besides name and path."""
    of_transformers = {"dynamic_img_size": True} if is_transformer(told.network.architecture) else {}
    return {"num_classes": _classes(told), "in_chans": told.network.channels, **of_transformers}


def timm_model(told: Description, weights: Path | None = None) -> nn.Module:
    """Build the network as a user of timm would."""
    import timm

    path = None if weights is None else str(weights)
    net: nn.Module = timm.create_model(told.network.architecture, checkpoint_path=path, **timm_arguments(told))
    return net.eval()


@torch.no_grad()
def ask_timm(exported: Exportable, folder: Path, frames: NDArray[np.uint8]) -> Answers:
    """Load the checkpoint with timm and run it on the views that the run sees."""
    told = exported.description
    net = timm_model(told, folder / WEIGHTS)
    views = centre_view(shrink(torch.from_numpy(frames), told.frames.canvas_size), told.frames.image_size)
    found = net(exported.backbone.scaled(views)).numpy()
    if told.kind == "features":
        return {FEATURES: found}
    return {LOGITS: found}


def _classes(told: Description) -> int:
    if told.labels is not None:
        return len(told.labels.space)
    return told.groups.count if told.groups is not None else 0


def _classifier(net: nn.Module, layer: nn.Module) -> dict[str, Tensor]:
    """Return the linear layer under the name, and in the shape, that this network has for it."""
    name = net.pretrained_cfg.get("classifier")  # type: ignore[union-attr,operator]
    own = net.state_dict()
    found = {f"{name}.{key}": tensor for key, tensor in layer.state_dict().items()}
    return {key: tensor.reshape(own[key].shape) if key in own else tensor for key, tensor in found.items()}


def _config(told: Description) -> dict[str, Any]:
    side, channels = told.frames.image_size, told.network.channels
    arguments = {name: value for name, value in timm_arguments(told).items() if name != "num_classes"}
    return {
        "architecture": told.network.architecture,
        "num_classes": _classes(told),
        "num_features": told.network.features,
        **({"label_names": list(told.labels.space.names)} if told.labels else {}),
        "model_args": arguments,
        "pretrained_cfg": {
            "input_size": [channels, side, side],
            "num_classes": _classes(told),
            "mean": list(told.network.mean),
            "std": list(told.network.spread),
            "crop_pct": side / told.frames.canvas_size,
            "interpolation": "bilinear",
        },
    }
