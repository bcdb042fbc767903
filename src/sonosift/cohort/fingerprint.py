"""A fingerprint of the data that a run saw, so that a resumed or compared run is known to have seen the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from sonosift.cohort.settings import CohortSettings


def data_fingerprint(frame_ids: Iterable[str], settings: CohortSettings) -> str:
    """Return 128 bits over the set of frames and over how they were made; the order of the frames does not matter."""
    digest = hashlib.sha256(json.dumps(settings.model_dump(mode="json"), sort_keys=True).encode())
    for frame_id in sorted(frame_ids):
        digest.update(b"\n" + frame_id.encode())
    return digest.hexdigest()[:32]
