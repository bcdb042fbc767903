"""What a comparison compares, as people write it in ``grid.yaml``; imports pydantic only: slips are told at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sonosift.errors import SonosiftError, unknown_name
from sonosift.methods import registry

GROUPS: Final = "groups"
NEIGHBOURS: Final = "neighbours"
ChosenBy = Literal["groups", "neighbours"]


class _Part(BaseModel):
    """A piece of the grid; a misspelt key is answered with the close ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        for key in given if isinstance(given, Mapping) else ():
            if key not in cls.model_fields:
                raise unknown_name(f"key of {_spoken(cls.__name__)} in the grid", str(key), cls.model_fields)
        return given


class Learner(_Part):
    """One way of learning from labels.

    Attributes:
        method: as for `sonosift train`.
        steps: optimiser steps, in place of the grid's.
        epochs: passes over the labelled exams, in place of the grid's.
        settings: of the method.
    """

    method: str
    steps: int | None = Field(None, ge=1)
    epochs: int | None = Field(None, ge=1)
    settings: dict[str, Any] = {}


class Candidate(_Part):
    """A training whose backbone may initialise the others.

    Attributes:
        method: of `sonosift pretrain` or of `sonosift train`.
        init: its own first weights.
        split: by default the grid's (the first of several).
        part: for pretrain, the part to learn from.
        seed: of this training.
        label_fraction: for train.
        steps: optimiser steps.
        epochs: passes.
        settings: of the method.
    """

    method: str
    init: str = "random"
    split: str | None = None
    part: str | None = None
    seed: int = 0
    label_fraction: float = Field(1.0, gt=0, le=1)
    steps: int | None = Field(None, ge=1)
    epochs: int | None = Field(None, ge=1)
    settings: dict[str, Any] = {}


class Initialisation(_Part):
    """Where first weights come from: given ones, or the best of some candidates on the development patients.

    Attributes:
        weights: ``random``, ``timm:NAME``, a run, or a file (looked for beside the grid).
        candidates: trainings to choose from.
        chosen_by: ``groups``: weighted F1 of the candidate's own groups, named with the validation labels;
            ``neighbours``: how well neighbours among validation patients predict their labels. By default groups where
            all have some.
    """

    weights: str | None = None
    candidates: tuple[Candidate, ...] = ()
    chosen_by: ChosenBy | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Initialisation:
        if (self.weights is None) == (not self.candidates):
            raise ValueError("give either weights or candidates")
        if len({one.split for one in self.candidates}) > 1:
            raise ValueError("candidates of one initialisation must learn from the same split to be compared")
        return self

    @property
    def judged_by(self) -> ChosenBy:
        """How the candidates are compared."""
        own = all("clusters" in registry.config_of(one.method, {}).model_dump() for one in self.candidates)
        return self.chosen_by or (GROUPS if own else NEIGHBOURS)


class Grid(_Part):
    """A comparison: every method from every initialisation, with every label fraction and every seed.

    Attributes:
        methods: by name; a text alone is the method's name.
        initialisations: by name; a text alone is the weights.
        label_fractions: shares of the labelled training frames, in whole exams; small ones lie inside larger ones.
        seeds: a number of seeds, or a list of them.
        split: one split, or several whose test parts are judged together (folds by patient).
        part: the part judged; thresholds and choices come from the validation part.
        labels_from: as for `sonosift train`.
        unjudged: go on when the validation part lacks a label that is learnt; it then has no fitted threshold.
        network: backbone, channels, scaling: the same for all trainings.
        image_size: pixels of a view, the same for all trainings.
        steps: optimiser steps of each method.
        epochs: passes of each method.
        scale: paper, small, or auto.
        precision: 32, bf16, or auto.
        keep_runs: keep the runs of judged cells, with their weights; otherwise only their answers stay.
    """

    methods: dict[str, Learner] = Field(min_length=1)
    initialisations: dict[str, Initialisation] = Field(
        default={"random": Initialisation(weights="random")}, min_length=1
    )
    label_fractions: tuple[float, ...] = Field((0.1, 0.2, 0.5, 1.0), min_length=1)
    seeds: tuple[int, ...] = Field((0, 1, 2, 3), min_length=1)
    split: tuple[str, ...] = Field(("default",), min_length=1)
    part: Literal["test", "validation"] = "test"
    labels_from: str = "people"
    unjudged: bool = False
    network: dict[str, Any] = {}
    image_size: int | None = Field(None, ge=16)
    steps: int | None = Field(None, ge=1)
    epochs: int | None = Field(None, ge=1)
    scale: Literal["auto", "paper", "small"] = "auto"
    precision: Literal["auto", "32", "bf16"] = "auto"
    keep_runs: bool = False

    @field_validator("methods", mode="before")
    @classmethod
    def _name_of_a_method(cls, given: Any) -> Any:
        return _spelt_out(given, "method")

    @field_validator("initialisations", mode="before")
    @classmethod
    def _name_of_weights(cls, given: Any) -> Any:
        return _spelt_out(given, "weights")

    @field_validator("seeds", mode="before")
    @classmethod
    def _number_of_seeds(cls, given: Any) -> Any:
        return tuple(range(given)) if isinstance(given, int) and not isinstance(given, bool) else given

    @field_validator("split", "label_fractions", mode="before")
    @classmethod
    def _one_alone(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str | int | float) else given

    @field_validator("precision", mode="before")
    @classmethod
    def _written_as_a_number(cls, given: Any) -> Any:
        return str(given)  # yaml reads 32 as a number

    @model_validator(mode="after")
    def _values_fit(self) -> Grid:
        wrong = [fraction for fraction in self.label_fractions if not 0 < fraction <= 1]
        if wrong:
            raise ValueError(f"label fractions lie above 0 and at most at 1, received {wrong}")
        for what, values in (("label fraction", self.label_fractions), ("seed", self.seeds), ("split", self.split)):
            if len(set(values)) < len(values):
                raise ValueError(f"a {what} is listed twice: {', '.join(map(str, values))}")
        for what, names in (("methods", self.methods), ("initialisations", self.initialisations)):
            if len({plain(name) for name in names}) < len(names):
                raise ValueError(f"{what} must differ in their letters and digits: {', '.join(names)}")
        return self


def plain(name: str) -> str:
    """Return a name as it may stand in a file's.

    >>> plain("deep clustering (LSD)")
    'deep-clustering-LSD'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def read_grid(path: Path) -> Grid:
    """Read a grid and check it as far as that goes without a cohort."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SonosiftError(f"there is no grid {path}", "Write one: see docs/how-to/compare.md.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SonosiftError(f"the grid {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise SonosiftError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise SonosiftError(f"{path} holds no keys", f"A grid begins with: {', '.join(Grid.model_fields)}.")
    grid = Grid.model_validate(content)
    for learner in grid.methods.values():
        registry.find(learner.method, "train")
        registry.config_of(learner.method, _checked_network(grid) | learner.settings)
    for candidate in (one for init in grid.initialisations.values() for one in init.candidates):
        if candidate.method not in registry.names("train"):
            registry.find(candidate.method, "pretrain")
        registry.config_of(candidate.method, _checked_network(grid) | candidate.settings)
    return _with_files_beside(grid, path.parent)


_NETWORK: Sequence[str] = ("backbone", "channels", "scaling")


def _checked_network(grid: Grid) -> dict[str, Any]:
    for name in grid.network:
        if name not in _NETWORK:
            raise unknown_name("setting of the network", name, _NETWORK)
    return grid.network


def _with_files_beside(grid: Grid, folder: Path) -> Grid:
    """Turn the names of weight files beside the grid into paths that hold from anywhere."""

    def found(weights: str) -> str:
        return str((folder / weights).resolve()) if (folder / weights).is_file() else weights

    inits = {
        name: init.model_copy(
            update={
                "weights": None if init.weights is None else found(init.weights),
                "candidates": tuple(one.model_copy(update={"init": found(one.init)}) for one in init.candidates),
            }
        )
        for name, init in grid.initialisations.items()
    }
    return grid.model_copy(update={"initialisations": inits})


def _spelt_out(given: Any, key: str) -> Any:
    if not isinstance(given, Mapping):
        return given
    return {str(name): {key: value} if isinstance(value, str) else value for name, value in given.items()}


def _spoken(name: str) -> str:
    return {"Grid": "the top", "Learner": "a method", "Candidate": "a candidate"}.get(name, "an initialisation")
