"""What a cohort consists of: any other file in its folder is unexpected and has to be looked at."""

from __future__ import annotations

import re

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_EXPECTED = re.compile(
    rf"""cohort\.yaml | flow\.json | labels\.sqlite | report\.html | quarantine\.parquet | near_duplicates\.parquet
    | tombstones\.parquet | frames/\d{{5,}}\.npy | catalog/\d{{5,}}\.parquet | splits/{_NAME}\.parquet
    | runs/{_NAME}/(?: run\.yaml | lock | metrics\.(?:jsonl|csv) | summary\.json
        | (?:evaluation|sweep|merge_tree|label_economy|group_scores)\.json
        | report\.html | forgotten\.txt | pictures\.npz | explain/(?:[A-Za-z0-9 ._+-]{{1,100}}\.png | text\.json)
        | export/(?:timm|onnx|bundle)/(?: MODEL_CARD\.md | sonosift\.json | config\.json | model\.(?:onnx|safetensors)
            | (?:backbone|head|combination_head|known)\.safetensors)
        | (?:model|heads|group_model)\.safetensors | embeddings\.npy | embedding_frames\.json
        | tensorboard/events\.out\.tfevents\.[A-Za-z0-9._-]+
        | (?:groups|group_probabilities|organ_scores|conflicts|predictions|training_frames)\.parquet | state/last\.pt)
    """,
    re.VERBOSE,
)
_CHOSEN_NAME = re.compile(rf"(?:splits|runs)/({_NAME})")


def is_expected(path: str) -> bool:
    """Say whether a file of this path (relative to the cohort) belongs into a cohort.

    >>> is_expected("frames/00000.npy"), is_expected("runs/pica/metrics.csv"), is_expected("notes.txt")
    (True, True, False)
    """
    return _EXPECTED.fullmatch(path) is not None


def chosen_names(path: str) -> str:
    """Return what of a path somebody chose: of an expected file only the name of its run or split.

    >>> chosen_names("frames/00000.npy"), chosen_names("runs/pica/lock"), chosen_names("a/DOE.txt")
    ('', 'pica', 'a/DOE.txt')
    """
    if not is_expected(path):
        return path
    found = _CHOSEN_NAME.match(path)
    return found.group(1).removesuffix(".parquet") if found else ""
