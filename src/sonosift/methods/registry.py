"""The methods by name. Looking one up imports its configuration only; its code is imported when it is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from sonosift.errors import unknown_name
from sonosift.methods.settings import MethodConfig, configure

if TYPE_CHECKING:
    from sonosift.methods.method import Method

Kind = Literal["pretrain", "cluster", "train"]


@dataclass(frozen=True)
class Entry:
    """One method.

    Attributes:
        name: what users type.
        kind: ``pretrain`` learns without labels, ``cluster`` forms groups from what another run has learnt, ``train``
            learns from labels.
        config: ``module:class`` of its settings.
        method: ``module:class`` of its code.
        presets: settings that differ from the configuration's defaults under this name.
        small: settings for a small machine (see docs), over the presets.
        needs: what it is told besides the frames: their number, classes of clips, DICOM tags (see
            ``training.told_about_frames``); ``unlabelled``: it learns from frames without labels too.
    """

    name: str
    kind: Kind
    config: str
    method: str
    presets: dict[str, Any] = field(default_factory=dict)
    small: dict[str, Any] = field(default_factory=dict)
    needs: str | None = None


# Chosen for two cores and some hundred images, where the papers' scale would take days.
_SMALL_PICA: dict[str, Any] = {
    "image_size": 64,
    "strong_view": "semantic",
    "max_images_per_exam": 6,
    "learning_rate": 3e-3,
    "steps": 120,
}
_SMALL_SIMCLR: dict[str, Any] = {
    "image_size": 64,
    "view": "crop",
    "batch_size": 128,
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "schedule": "constant",
    "steps": 300,
}
_SMALL_MOCO: dict[str, Any] = {"image_size": 64, "batch_size": 128, "queue": 1024, "momentum": 0.99, "steps": 300}
_SMALL_DINO: dict[str, Any] = {
    "backbone": "resnet18",
    "image_size": 64,
    "local_crops": 2,
    "local_size": 32,
    "prototypes": 4096,
    "hidden": 512,
    "batch_size": 64,
    "learning_rate": 2e-3,
    "momentum": 0.99,
    "warm_epochs": 2,
    "steps": 300,
}
_SMALL_USCL: dict[str, Any] = {"image_size": 64, "learning_rate": 1e-3, "schedule": "constant", "steps": 300}
_SMALL_DEEPCLUSTER: dict[str, Any] = {
    "backbone": "resnet18",
    "image_size": 64,
    "clusters": 60,
    "components": 64,
    "batch_size": 128,
    "steps": 300,
}
_SMALL_CONTEXT_ENCODER: dict[str, Any] = {
    "backbone": "resnet18",
    "image_size": 64,
    "image_width": None,
    "batch_size": 32,
    "learning_rate": 1e-3,
    "critic_learning_rate": 1e-4,
    "steps": 300,
}
_SMALL_FUSC: dict[str, Any] = {"image_size": 64, "learning_rate": 1e-3, "steps": 300}
_SMALL_SELF_LABELLING: dict[str, Any] = {"image_size": 64, "batch_size": 256, "learning_rate": 3e-4, "steps": 150}
_SMALL_SUPERVISED: dict[str, Any] = {
    "image_size": 64,
    "max_images_per_exam": 6,
    "learning_rate": 1e-3,
    "steps": 300,
    # A dozen labelled exams are one step per epoch: validating after each would stop within seconds.
    "steps_between_validations": 10,
    "least_validations": 5,
}

_SMALL_SEMI_SUPERVISED: dict[str, Any] = {
    "image_size": 64,
    "max_images_per_exam": 6,
    "learning_rate": 1e-3,
    "steps": 300,
    "steps_between_validations": 25,
}
_SMALL_RAMP = _SMALL_SEMI_SUPERVISED | {"ramp_epochs": 10}
# FixMatch's authors: seven unlabelled images to a labelled one, averaged weights.
_FIXMATCH_OF_ITS_AUTHORS: dict[str, Any] = {
    "form": "single-label",
    "unlabelled_exams_per_batch": 112,
    "unlabelled_images": "all",
    "optimizer": "sgd",
    "schedule": "cosine",
    "learning_rate": 0.03,
    "weight_decay": 5e-4,
    "ema": 0.999,
}


def _entry(name: str, kind: Kind, stem: str, small: dict[str, Any], **others: Any) -> Entry:
    """The stem says where a method lies: ``context_encoder`` has ``ContextEncoder`` and ``ContextEncoderConfig``."""
    camel = "".join(part.capitalize() for part in stem.split("_"))
    place = f"sonosift.methods.{stem}"
    return Entry(name, kind, f"{place}_config:{camel}Config", f"{place}:{camel}", small=small, **others)


_METHODS = {
    entry.name: entry
    for entry in (
        _entry("pica", "pretrain", "pica", _SMALL_PICA),
        _entry("lsd", "pretrain", "pica", _SMALL_PICA, presets={"balance": "dirichlet"}),
        _entry("simclr", "pretrain", "simclr", _SMALL_SIMCLR),
        _entry("moco", "pretrain", "moco", _SMALL_MOCO, needs="frames"),
        _entry("dino", "pretrain", "dino", _SMALL_DINO),
        _entry("uscl", "pretrain", "uscl", _SMALL_USCL, needs="classes"),
        _entry("deepcluster", "pretrain", "deepcluster", _SMALL_DEEPCLUSTER, needs="frames"),
        _entry("context-encoder", "pretrain", "context_encoder", _SMALL_CONTEXT_ENCODER, needs="tags"),
        _entry("fusc", "cluster", "fusc", _SMALL_FUSC, needs="frames"),
        _entry("self-label", "cluster", "self_labelling", _SMALL_SELF_LABELLING),
        _entry("supervised", "train", "supervised", _SMALL_SUPERVISED),
        _entry("probe", "train", "probe", {"image_size": 64, "steps": 300}),
        _entry(
            "fixmatch-one-head",
            "train",
            "fixmatch",
            _SMALL_SEMI_SUPERVISED,
            presets={"form": "one-head"},
            needs="unlabelled",
        ),
        _entry("fixmatch-two-head", "train", "fixmatch", _SMALL_SEMI_SUPERVISED, needs="unlabelled"),
        _entry(
            "fixmatch",
            "train",
            "fixmatch",
            _SMALL_SEMI_SUPERVISED | {"unlabelled_exams_per_batch": 32, "learning_rate": 0.03, "ema": 0.99},
            presets=_FIXMATCH_OF_ITS_AUTHORS,
            needs="unlabelled",
        ),
        _entry("mixmatch", "train", "mixmatch", _SMALL_SEMI_SUPERVISED, needs="unlabelled"),
        _entry("pi", "train", "pi", _SMALL_RAMP, needs="unlabelled"),
        _entry("temporal-ensembling", "train", "temporal_ensembling", _SMALL_RAMP, needs="unlabelled"),
    )
}


def names(kind: Kind | None = None) -> list[str]:
    """Return the names of all methods, or of those of one kind."""
    return [entry.name for entry in _METHODS.values() if kind in (None, entry.kind)]


def find(name: str, kind: Kind | None = None) -> Entry:
    """Return a method by name, or the error that names close ones."""
    if name not in names(kind):
        raise unknown_name("method" if kind is None else f"method of {kind}", name, names(kind))
    return _METHODS[name]


def config_of(name: str, settings: dict[str, Any], *, small: bool = False) -> MethodConfig:
    """Build a method's configuration: defaults, then its presets, then the small scale, then ``settings``."""
    entry = find(name)
    config: type[MethodConfig] = _load(entry.config)
    return configure(config, name, entry.presets | (entry.small if small else {}) | settings)


def with_options(
    settings: dict[str, Any] | None, *, epochs: int | None, steps: int | None, image_size: int | None
) -> dict[str, Any]:
    """Add the settings that commands offer as options of their own; epochs without steps means no limit of steps.

    >>> with_options({"clusters": 5}, epochs=3, steps=None, image_size=None)
    {'clusters': 5, 'epochs': 3, 'steps': None}
    """
    options: dict[str, Any] = {"epochs": epochs, "steps": steps, "image_size": image_size}
    given = dict(settings or {}) | {name: value for name, value in options.items() if value is not None}
    return given | {"steps": None} if "epochs" in given and "steps" not in given else given


def build(name: str, config: MethodConfig, **facts: Any) -> Method:
    """Build a method from its configuration; ``facts`` come from the data (``labels=7``)."""
    method: Method = _load(find(name).method)(config, **facts)
    return method


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)
