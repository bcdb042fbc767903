"""What the dictionaries of burnt-in text make of the texts themselves, without any reading of pictures.

    python -m benchmarks.burnt_in_labels
    python -m benchmarks.burnt_in_labels --truth HOSPITAL/truth

The first form draws texts as the phantom's operators type them (three languages, abbreviations, typos) and counts the
labels that are given and right. With the truth of a simulated hospital, all texts of every frame go in, names and
settings too, and the second table says how often the organ that the label names is really in the picture: the noise
of such labels, which is the operators', not the dictionary's.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from sonosift.labels.abdomen import ABDOMEN
from sonosift.labels.burnt_in_dictionary import BurntInDictionary
from sonosift.labels.views import VIEWS
from sonosift.phantom.screen.annotation_text import annotation_for, draw_habit

TEXTS = 6000

# What the operator aims at in each view; an aorta is none of the organs, nor their absence.
ORGAN_OF_VIEW: dict[str, str | None] = {
    **dict.fromkeys(("liver_left_sag", "liver_left_trv", "liver_right_lobe", "liver_dome"), "liver"),
    **dict.fromkeys(("portal_vein", "common_bile_duct"), "liver"),
    **dict.fromkeys(("gallbladder_sag", "gallbladder_trv"), "gallbladder"),
    **dict.fromkeys(("right_kidney_sag", "right_kidney_trv", "left_kidney_sag", "left_kidney_trv"), "kidney"),
    **dict.fromkeys(("bladder_sag", "bladder_trv"), "bladder"),
    **dict.fromkeys(("thyroid_right", "thyroid_left", "lung", "neck", "soft_tissue"), "other"),
    "pancreas": "pancreas",
    "spleen": "spleen",
    "aorta": None,
}


def typed_texts(name: str, seed: int = 0) -> None:
    """Print the share of labels that are right, and of texts with something to say that got one."""
    dictionary, rng = BurntInDictionary.named(name), np.random.default_rng(seed)
    count: Counter[str] = Counter()
    for _ in range(TEXTS):
        view = VIEWS.names[int(rng.integers(len(VIEWS.names)))]
        text = annotation_for(view, draw_habit(rng), rng)
        if text is None:
            continue
        truth = ORGAN_OF_VIEW[view] if name == "abdomen" else view
        label = dictionary.label_of([text])
        count["texts"] += 1
        count["sought"] += truth is not None
        count["given"] += label is not None
        count["right"] += label is not None and label == truth
    precision, recall = count["right"] / count["given"], count["right"] / count["sought"]
    print(f"| {name} | {count['texts']} | {count['given']} | {100 * precision:.1f} % | {100 * recall:.1f} % |")


def noise(truth: Path) -> None:
    """Print how often the organ that a label names is in the picture."""
    dictionary = BurntInDictionary.named("abdomen")
    frames = pl.read_parquet(truth / "frames.parquet")
    labelled: Counter[str] = Counter()
    visible: Counter[str] = Counter()
    for frame in frames.iter_rows(named=True):
        label = dictionary.label_of(frame["burnt_text"])
        if label is not None:
            labelled[label] += 1
            visible[label] += int(frame[label])
    print("\n| label | frames | of which show it |\n|---|---|---|")
    for name in ABDOMEN.names:
        if labelled[name]:
            print(f"| {name} | {labelled[name]} | {100 * visible[name] / labelled[name]:.1f} % |")
    total = labelled.total()
    print(f"| all | {total} of {len(frames)} | {100 * visible.total() / max(1, total):.1f} % |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, help="the truth folder of a simulated hospital")
    arguments = parser.parse_args()
    print("| dictionary | texts | labels given | right | texts that name one and got it |\n|---|---|---|---|---|")
    for name in ("abdomen", "views"):
        typed_texts(name)
    if arguments.truth is not None:
        noise(arguments.truth)


if __name__ == "__main__":
    main()
