"""Settings of TEMI (Adaloglou et al. 2023): an ensemble of heads on stored features."""

from __future__ import annotations

from sonosift.methods.settings import MethodConfig, code, ours, paper


class TemiConfig(MethodConfig):
    """Defaults of the published code, but for the number of heads and their width: those are for a CPU."""

    clusters: int = ours(20, "number of groups K", ge=2)
    heads: int = ours(16, "heads that learn side by side (the paper's best has 50)", ge=1)
    hidden: tuple[int, ...] = ours((), "widths between features and groups; none: linear heads (the paper: 512, 256)")
    neighbours: int = paper(50, "nearest neighbours of an image, of which one is drawn", ge=1)
    beta: float = paper(0.6, "below 1 it weakens the pull towards equal sizes", gt=0)
    temperature: float = code(0.1, "of both softmaxes", gt=0)
    positive_only: bool = ours(False, "clip negative mutual information at 0")
    prior_momentum: float = code(0.9, "of the running class prior", ge=0, lt=1)
    teacher_momentum: float = code(0.996, "of the teacher at the start; it rises to 1", ge=0, lt=1)
    batch_size: int = code(512, "images per batch", ge=2)
    learning_rate: float = code(5e-4, "of AdamW at its peak; cosine to 0", gt=0)
    weight_decay: float = code(1e-4, "of AdamW", ge=0)
    warm_epochs: int = code(10, "passes over which the rate rises", ge=0)
    epochs: int = code(100, "passes over the frames", ge=1)
    least_steps: int = ours(600, "never fewer steps than this: with few frames, more passes", ge=1)
    most_steps: int = ours(3000, "never more steps than this: with many frames, fewer passes", ge=1)
    steps: int | None = ours(None, "steps, in place of epochs", ge=1)
