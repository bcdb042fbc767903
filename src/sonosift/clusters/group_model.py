"""What gives a new frame its group: centres or a head on features, in ``group_model.safetensors``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonosift.clusters.feature_heads import FeatureHeads
from sonosift.cohort.run_folder import RunFolder
from sonosift.neighbours.k_means import assign_to_centres
from sonosift.nets.weights_file import read_weights, save_weights

FILE_NAME = "group_model.safetensors"
_CENTRES = "centres"
_ROWS_AT_A_TIME = 8192


class Assigned(NamedTuple):
    """One row per frame.

    Attributes:
        groups: ``[n]``.
        confidence: ``[n]`` in 0..1.
        probabilities: ``[n, K]``, or None where the groups are centres.
    """

    groups: NDArray[np.int64]
    confidence: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None = None

    @classmethod
    def from_logits(cls, logits: NDArray[np.float32]) -> Assigned:
        """Take the most probable group."""
        probabilities = torch.softmax(torch.from_numpy(logits), dim=1).numpy()
        return cls(probabilities.argmax(axis=1).astype(np.int64), probabilities.max(axis=1), probabilities)


@dataclass(frozen=True)
class GroupModel:
    """Centres of k-means, or one head; exactly one of the two."""

    centres: NDArray[np.float32] | None = None
    head: FeatureHeads | None = None

    def assign(self, features: NDArray[np.float32]) -> Assigned:
        """Give every row its group."""
        if self.centres is not None:
            return Assigned(*assign_to_centres(features, self.centres))
        assert self.head is not None
        with torch.no_grad():
            parts = [
                self.head(torch.from_numpy(features[start : start + _ROWS_AT_A_TIME]))[0].numpy()
                for start in range(0, len(features), _ROWS_AT_A_TIME)
            ]
        return Assigned.from_logits(np.concatenate(parts))

    def save(self, run: RunFolder) -> None:
        """Write it into the run's folder."""
        tensors: dict[str, Tensor]
        if self.centres is not None:
            tensors = {_CENTRES: torch.from_numpy(self.centres)}
        else:
            assert self.head is not None
            tensors = self.head.state_dict()
        save_weights(run.path / FILE_NAME, tensors, {"method": run.config.get("method")})

    @classmethod
    def read(cls, run: RunFolder) -> GroupModel | None:
        """Return a run's model, or None where its own network gives the groups."""
        path = run.path / FILE_NAME
        if not path.exists():
            return None
        tensors = read_weights(path)
        if _CENTRES in tensors:
            return cls(centres=tensors[_CENTRES].numpy())
        return cls(head=FeatureHeads.from_tensors(tensors))
