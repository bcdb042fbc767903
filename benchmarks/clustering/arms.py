"""The rows of FUSC's tables as calls of the product: each leaves a run with groups, or with a classifier's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.clustering.kept_cells import forget_states
from benchmarks.clustering.scale import Scale
from benchmarks.representations.arms import ARMS
from sonosift import api
from sonosift.cohort.cohort import Cohort

PIXELS, SUPERVISED, DEEPMCAT = "k-means on pixels", "supervised", "DeepMCAT"
LINEAR_LAYER, LINEAR_STEPS = "FUSC linear layer", 2_000
_PRETEXTS = {"SimCLR": "simclr", "DINO": "dino"}
# The paper has 128 and 1,000 of 70,446 images; a thousand images want more steps.
FUSC_BATCH, REFINE_BATCH = 64, 128
_SUPERVISED = {"backbone": "resnet18", "exams_per_batch": 8, "max_images_per_exam": 6}
_SUPERVISED_IMAGES = 48


@dataclass(frozen=True)
class Bench:
    """One cohort, one split, one seed.

    Attributes:
        cohort: labelled.
        split: whose training part every arm learns from.
        seed: of every training.
        scale: the same for all.
    """

    cohort: Cohort
    split: str
    seed: int
    scale: Scale

    def run_of(self, row: str, k: int) -> str:
        """Train what a row needs, unless it is there; return the name of the run that answers."""
        found = self._run_of(row, k)
        forget_states(self.cohort)
        return found

    def _run_of(self, row: str, k: int) -> str:
        name = self._name(row, k)
        pretext = _PRETEXTS.get(row.rsplit(" ", 1)[-1])
        if row == SUPERVISED:
            return self._supervised(name)
        if row == PIXELS:
            return self._grouped(name, method="kmeans", space="pixels", k=k, split=self.split)
        if row == DEEPMCAT:
            network = self._pretrained("deepcluster", f"deepcluster.{k}", clusters=k)
            return self._grouped(name, from_run=network, method="kmeans", k=k)
        assert pretext is not None, row
        network = self._pretrained(pretext, pretext)
        if row.startswith("k-means"):
            return self._grouped(name, from_run=network, method="kmeans", k=k)
        if row.startswith("TEMI"):
            return self._grouped(name, from_run=network, method="temi", k=k)
        if row.startswith(LINEAR_LAYER):
            alone = {"learns": "features", "steps": LINEAR_STEPS}
            return self._grouped(name, from_run=network, method="fusc", k=k, scale="small", settings=alone)
        return self._fusc(row, network, k)

    def _fusc(self, row: str, network: str, k: int) -> str:
        steps = {"steps": shown_steps(self.scale.group_images, FUSC_BATCH), "batch_size": FUSC_BATCH}
        plain = self._name(row.replace("*", ""), k)
        grouped = self._grouped(plain, from_run=network, method="fusc", k=k, scale="small", settings=steps)
        if "*" not in row:
            return grouped
        # The paper's recipe: a collapse is reported, not undone.
        refine = {"steps": shown_steps(self.scale.refine_images, REFINE_BATCH), "batch_size": REFINE_BATCH}
        refine["on_collapse"] = "report"
        return self._grouped(self._name(row, k), from_run=grouped, method="self-label", scale="small", settings=refine)

    def _pretrained(self, method: str, stem: str, **more: Any) -> str:
        arm = ARMS[method]
        name = self._name(stem)
        steps = shown_steps(self.scale.images, arm.images_per_step)
        api.pretrain(
            self.cohort.path, method=method, run=name, steps=steps, settings=arm.settings | more, **self.common()
        )
        return name

    def _supervised(self, name: str) -> str:
        steps = shown_steps(self.scale.images, _SUPERVISED_IMAGES)
        settings = _SUPERVISED | {"steps_between_validations": max(1, steps // 8)}
        # A rare view may be missing among the validation patients.
        api.train(self.cohort.path, run=name, steps=steps, settings=settings, unjudged=True, **self.common())
        return name

    def common(self) -> dict[str, Any]:
        """Return what every training is given."""
        scale = self.scale
        return {
            "split": self.split, "image_size": scale.image_size, "scale": "small", "precision": scale.precision,
            "seed": self.seed,
        }  # fmt: skip

    def _grouped(self, name: str, **given: Any) -> str:
        api.cluster(self.cohort.path, run=name, seed=self.seed, **given)
        return name

    def _name(self, row: str, k: int | None = None) -> str:
        plain = row.lower().replace("*", "-self").replace("+", "of").replace(" ", "-")
        return ".".join(str(part) for part in (plain, k, self.split, self.seed) if part is not None)


def shown_steps(images: int, batch: int) -> int:
    return max(1, round(images / batch))
