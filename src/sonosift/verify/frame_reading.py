"""Read every stored frame with OCR: enlarged, with lower thresholds than the cleaner allows itself."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonosift.privacy.text_engine import text_engine
from sonosift.verify.frame_doubts import ClipFrames, FrameDoubt
from sonosift.verify.word_search import WordSearch
from sonosift.verify.words import words_of

Reading = tuple[str, float, NDArray[np.float64]]

TEXT_READ = "text_read"
_ENLARGED = 2
_LONGEST_SIDE = 960
_LEAST_SCORE = 0.8
_LEAST_SCORE_OF_IDENTITY = 0.5
_FEWEST_SIGNS = 3
_ALIKE = 0.85
_SHORTEST_GUESS = 5


_own = threading.local()
"""Each thread has an engine of its own, which computes on one core."""


class FrameReader:
    """Reads frames and compares what it reads with the terms that are searched for.

    A text that is one of them, or nearly (one letter in seven may be misread), counts from a low score on. Any other
    text of three signs or more counts if the reader is sure of it: speckle reads as single letters.
    """

    def __init__(self, terms: list[tuple[str, ...]]) -> None:
        self._search = WordSearch(terms)
        self._known: dict[str, list[Reading]] = {}
        self._words = sorted({word for term in terms for word in term if len(word) >= _SHORTEST_GUESS})

    def doubts_about(self, clip: ClipFrames, pixels: Sequence[str]) -> list[FrameDoubt]:
        """Return the texts in the frames of a clip; ``pixels`` names what each shows, and the same is read once."""
        found = []
        for frame_id, name, frame in zip(clip.frame_ids, pixels, clip.frames, strict=True):
            if name not in self._known:
                self._known[name] = _read(frame)
            for text, score, corners in self._known[name]:
                identity = self._is_identity(text)
                signs = sum(character.isalnum() for character in text)
                if (identity and score >= _LEAST_SCORE_OF_IDENTITY) or (
                    signs >= _FEWEST_SIGNS and score >= _LEAST_SCORE
                ):
                    x0, y0 = corners.min(axis=0).astype(int)
                    x1, y1 = np.ceil(corners.max(axis=0)).astype(int)
                    box = (int(x0), int(y0), int(x1), int(y1))
                    found.append(FrameDoubt(frame_id, clip.clip, TEXT_READ, round(score, 3), box, text, identity))
        return found

    def _is_identity(self, text: str) -> bool:
        words = words_of(text)
        if self._search.find_words(words):
            return True
        guesses = [word for word in words if len(word) >= _SHORTEST_GUESS]
        return any(difflib.get_close_matches(word, self._words, n=1, cutoff=_ALIKE) for word in guesses)


def _read(frame: NDArray[np.uint8]) -> list[Reading]:
    if not hasattr(_own, "engine"):
        _own.engine = _engine()
    large = cv2.resize(frame, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
    answer = _own.engine(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR), use_det=True, use_cls=False, use_rec=True)
    if answer.txts is None or answer.boxes is None:
        return []
    return [
        (str(text).strip(), float(score), np.asarray(corners, dtype=np.float64) / _ENLARGED)
        for text, score, corners in zip(answer.txts, answer.scores, answer.boxes, strict=True)
    ]


def _engine() -> Any:
    settings = {
        "Global.text_score": 0.3,
        "Det.limit_type": "max",
        "Det.limit_side_len": _LONGEST_SIDE,
        "Det.box_thresh": 0.4,
    }
    return text_engine(settings, threads=1)
