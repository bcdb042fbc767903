"""How far few labels go, from which first weights: Dadoun's Figure 6 and USCL's Table 3, small.

    python -m benchmarks.few_labels OUT --weights lite0.safetensors --phantom PHANTOM --lung LUNG

PHANTOM and LUNG are the labelled cohorts that ``benchmarks.representations`` makes; the weights are those of
``benchmarks.representations.lite0_weights``. Both are copied into OUT (the phantom with some frames of each exam), and
``sonosift compare`` works off one grid in each copy: the same command goes on where it was stopped. ``--cells 10``
stops after ten trainings of each grid, ``--cells 0`` prints what is there. The grids lie in OUT to be read.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

from benchmarks.few_labels.claims import print_claims
from benchmarks.few_labels.cohorts import lung_folds, thinned
from benchmarks.few_labels.grids import lung_grid, peeking_grid, phantom_grid
from benchmarks.few_labels.uscl_table import print_uscl
from sonosift import api
from sonosift.cohort.cohort import Cohort
from sonosift.machine import progress


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, required=True, help="ImageNet weights of EfficientNet-Lite0")
    parser.add_argument("--phantom", type=Path, help="labelled cohort of a simulated hospital, with the split 'worth'")
    parser.add_argument("--lung", type=Path, help="cohort of both lung collections")
    parser.add_argument("--per-exam", type=int, default=8, help="frames kept of each exam of the phantom")
    parser.add_argument("--image-size", type=int, default=48)
    parser.add_argument("--steps", type=int, default=60, help="of each training")
    parser.add_argument("--pretrain-steps", type=int, default=120, help="of each candidate of deep clustering")
    parser.add_argument("--lung-steps", type=int, default=60, help="of each pretraining on lung clips")
    parser.add_argument("--finetune-steps", type=int, default=40, help="of each last-block fine-tuning")
    parser.add_argument("--seeds", type=int, default=2, help="of the phantom")
    parser.add_argument(
        "--optimistic", action="store_true", help="also USCL's own protocol, once the lung grid is done"
    )
    parser.add_argument("--cells", type=int, help="stop after so many trainings of each grid")
    return parser.parse_args()


def main() -> None:
    given = parsed()
    progress.set_quiet(True)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.phantom is not None:
        cohort = thinned(given.phantom, given.out / "phantom", given.per_exam)
        print_claims(cohort, _compare(given, cohort, "few-labels", phantom_grid(given)))
    if given.lung is not None:
        cohort = thinned(given.lung, given.out / "lung", None)
        folds = lung_folds(cohort, given.lung)
        honest = _compare(given, cohort, "lung", lung_grid(given, folds))
        peeked = _compare(given, cohort, "lung-peek", peeking_grid(given, folds)) if given.optimistic else None
        print_uscl(cohort, honest, peeked)


def _compare(given: argparse.Namespace, cohort: Cohort, name: str, grid: dict[str, Any]) -> Path:
    """Work off a grid, print its tables, and return where it is written."""
    written = given.out / f"{name}.yaml"
    written.write_text(yaml.safe_dump(grid, sort_keys=False), encoding="utf-8")
    found = api.compare(cohort.path, written, cells=given.cells)
    print((cohort.runs.path / name / "comparison.md").read_text() if found.report else "")
    print(found.describe() + "\n", flush=True)
    return written


if __name__ == "__main__":
    main()
