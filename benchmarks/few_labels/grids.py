"""The two grids, as ``sonosift compare`` reads them."""

from __future__ import annotations

import argparse
from typing import Any

from sonosift.comparison.grid import plain

# The variant of timm that pads as TensorFlow does, which is where the packaged weights were made.
NETWORK = {"backbone": "tf_efficientnet_lite0", "channels": 3}
SPLIT, BLUES = "worth", "blues"
SMALL_BATCH = {"exams_per_batch": 6, "max_images_per_exam": 6}
SEMI = SMALL_BATCH | {"unlabelled_exams_per_batch": 6}


def phantom_grid(given: argparse.Namespace) -> dict[str, Any]:
    """Strategies 1 to 4 of Dadoun's Figure 1: three first weights, three ways of learning, four label fractions."""
    lsd = {"exams_per_batch": 8, "max_images_per_exam": 6}
    return {
        "methods": {
            "supervised": {"method": "supervised", "settings": SMALL_BATCH},
            "one head": {"method": "fixmatch-one-head", "settings": SEMI | {"steps_between_validations": 10}},
            "two heads": {
                "method": "fixmatch-two-head",
                # A tenth of some hundred frames: five of a kind are not to be had.
                "settings": SEMI | {"steps_between_validations": 10, "min_count": 2},
            },
        },
        "initialisations": {
            "random": "random",
            "ImageNet": str(given.weights.resolve()),
            "deep clustering": {
                "candidates": [
                    {"method": "lsd", "seed": seed, "steps": given.pretrain_steps, "settings": lsd} for seed in (0, 1)
                ]
            },
        },
        "label_fractions": [0.1, 0.2, 0.5, 1.0],
        "seeds": given.seeds,
        "split": SPLIT,
        "network": NETWORK,
        "image_size": given.image_size,
        "steps": given.steps,
        "scale": "small",
        # Its convolutions, one channel at a time, gain little from bf16 on a processor.
        "precision": "32",
    }


def lung_grid(given: argparse.Namespace, folds: list[str]) -> dict[str, Any]:
    """USCL's Table 3: eight pretrainings on one collection, fine-tuning of the last block on the other, last step."""
    common = {"split": BLUES, "steps": given.lung_steps}
    semi = SEMI | {"unlabelled_images": "all", "steps_between_validations": 10}
    unlabelled = {
        "MoCo": {"method": "moco", "settings": {"batch_size": 48, "queue": 384}},
        "SimCLR": {"method": "simclr", "settings": {"batch_size": 48}},
        "USCL": {"method": "uscl", "settings": {"clips_per_batch": 24, "label_rate": 1.0}},
    }
    labelled = {
        "supervised": {"method": "supervised", "settings": SMALL_BATCH},
        "temporal ensembling": {"method": "temporal-ensembling", "label_fraction": 0.1, "settings": semi},
        "pi": {"method": "pi", "label_fraction": 0.1, "settings": semi},
        "FixMatch": {
            "method": "fixmatch",
            "label_fraction": 0.1,
            "settings": semi | {"optimizer": "adam", "learning_rate": 1e-3, "ema": 0.0, "schedule": "constant"},
        },
    }
    return {
        "methods": {
            "last block": {
                "method": "supervised",
                "settings": {
                    "finetune": "last-block",
                    "exams_per_batch": 12,
                    "max_images_per_exam": 3,
                    "learning_rate": 1e-3,
                    # One validation, after the last step: the last weights are those that are judged.
                    "steps_between_validations": given.finetune_steps,
                },
            }
        },
        "initialisations": {
            "random": "random",
            "ImageNet": str(given.weights.resolve()),
            **{name: {"candidates": [common | one]} for name, one in (labelled | unlabelled).items()},
        },
        "label_fractions": 1.0,
        "seeds": 1,
        "split": folds,
        "network": NETWORK,
        "image_size": given.image_size,
        "steps": given.finetune_steps,
        "scale": "small",
        "precision": "32",
    }


def peeking_grid(given: argparse.Namespace, folds: list[str]) -> dict[str, Any]:
    """The same fine-tunings judged as USCL's table does: by the step that is best on the very patients judged."""
    honest = lung_grid(given, folds)
    last = honest["methods"]["last block"]
    settings = last["settings"] | {"steps_between_validations": max(1, given.finetune_steps // 8)}
    chosen = {
        name: first if isinstance(first, str) else f"lung.{plain(name)}.0"
        for name, first in honest["initialisations"].items()
    }
    return honest | {
        "methods": {"last block": last | {"settings": settings}},
        "initialisations": chosen,
        "split": [fold.replace("fold", "peek") for fold in folds],
        "part": "validation",
    }
