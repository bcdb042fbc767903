"""The paper's batching rule for every experiment of Dadoun et al.: whole exams."""

from __future__ import annotations

from sonosift.batches.exam_sampler import ExamSampler
from sonosift.batches.sampler import Rows
from sonosift.methods.classifier_config import ClassifierConfig
from sonosift.methods.pica_config import PicaConfig


def exam_batches(rows: Rows, config: PicaConfig | ClassifierConfig, seed: int) -> ExamSampler:
    """Return the sampler of batches of whole exams that a configuration asks for."""
    return ExamSampler(
        rows.exams,
        exams_per_batch=config.exams_per_batch,
        max_images_per_exam=config.max_images_per_exam,
        seed=seed,
    )
