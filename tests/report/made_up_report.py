"""A made-up cohort for the tests of the report: frames that look a little like fans, groups, scores, curves."""

from __future__ import annotations

import numpy as np
import polars as pl

from sonosift.evaluate.label_set_tables import group_quality, label_set_confusion
from sonosift.evaluate.protocol import LabelledFrames, compare, judge_answers, judge_scores
from sonosift.evaluate.resampling import Resampling
from sonosift.evaluate.score_table import Evaluation, Leak
from sonosift.evaluate.simple_baselines import Parts, constant_baselines
from sonosift.evaluate.stated_probabilities import calibration_of
from sonosift.labels.abdomen import ABDOMEN
from sonosift.report.content import CohortFacts, Grouping, Part, ReportContent, RunCurves, RunFacts, Share
from sonosift.report.curves import line_chart
from sonosift.report.embedding_map import embedding_map
from sonosift.report.group_cards import NamingFrames, group_cards, machine_shares
from sonosift.report.plain_words import findings

SIDE = 64
KINDS = [
    ("liver",),
    ("liver", "kidney"),
    ("gallbladder", "liver"),
    ("spleen",),
    ("bladder",),
    ("other",),
    ("pancreas",),
]


class MadeUp:
    """Frames of patients with a kind each; the hidden kind decides labels, look, group and embedding."""

    def __init__(self, frames: int = 420, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.kind = rng.choice(len(KINDS), size=frames, p=[0.3, 0.18, 0.1, 0.12, 0.06, 0.19, 0.05])
        patient = rng.integers(0, 40, frames)
        machine = np.array(["Kestrel 7", "Halcyon XR", "Orbis 200", None])[np.minimum(patient // 12, 3)]
        ids = [f"{n:032x}" for n in rng.integers(0, 2**63, frames)]
        self.catalog = pl.DataFrame(
            {
                "frame_id": ids,
                "patient": [f"{p:02d}a4f09c5e7712bd" for p in patient],
                "exam": [f"e{p:02d}-{n % 2}" for n, p in enumerate(patient)],
                "machine": machine.tolist(),
                "clip": ids,
                "part": ["train" if p < 24 else "validation" if p < 31 else "test" for p in patient],
            }
        )
        self.truth = np.stack([ABDOMEN.encode(KINDS[k]) for k in self.kind])
        noisy = np.where(rng.random(frames) < 0.2, rng.integers(0, len(KINDS), frames), self.kind)
        self.groups = pl.DataFrame({"frame_id": ids, "group": noisy, "confidence": rng.beta(4, 2, frames)})
        self.embeddings = np.eye(len(KINDS))[noisy] * 4 + rng.normal(0, 1, (frames, len(KINDS)))
        self.scores = np.clip(self.truth * 0.5 + rng.normal(0.25, 0.22, self.truth.shape), 0, 1)
        self._pixels = {frame_id: _fan(rng, kind) for frame_id, kind in zip(ids, self.kind, strict=True)}

    def read(self, frame_ids: list[str]) -> np.ndarray:
        return np.stack([self._pixels[frame_id] for frame_id in frame_ids])

    def part(self, name: str) -> tuple[LabelledFrames, np.ndarray]:
        places = np.flatnonzero(self.catalog["part"].to_numpy() == name)
        rows = self.catalog[places.tolist()]
        labelled = LabelledFrames(
            rows["frame_id"].to_list(),
            self.truth[places],
            rows["patient"].to_list(),
            rows["machine"].fill_null("unknown machine").to_list(),
            ["curvilinear" if exam.endswith("0") else "linear" for exam in rows["exam"]],
            rows["exam"].to_list(),
        )
        return labelled, places

    def evaluation(self, run: str = "train-1") -> Evaluation:
        resampling = Resampling(draws=300)
        (training, _), (validation, v), (test, t) = self.part("train"), self.part("validation"), self.part("test")
        names = ABDOMEN.names
        ours = judge_scores(
            run, "run", "fine-tuned network", names, validation, self.scores[v], test, self.scores[t], resampling
        )
        flipped = np.abs(test.truth.astype(int) - (np.random.default_rng(5).random(test.truth.shape) < 0.25))
        probe = judge_answers(
            "linear probe on 32×32 pixels",
            "baseline",
            "logistic regressions",
            names,
            test,
            flipped.astype(np.uint8),
            resampling,
        )
        rows = [ours, probe, *constant_baselines(Parts(training, validation, test), names, resampling)]
        numbers = self.groups["group"].to_numpy()
        return Evaluation(
            run=run,
            split="default",
            part="test",
            label_names=list(names),
            frames=len(test),
            patients=len(set(test.patients)),
            fitted_frames=len(validation),
            fitted_patients=len(set(validation.patients)),
            training_frames=len(training),
            draws=300,
            seed=0,
            methods=[row.score for row in rows],
            differences=[compare(ours, row, resampling) for row in rows[1:]],
            groups=[
                group_quality("cluster-1", "run", numbers[t], 7, test, resampling),
                group_quality("k-means on 32×32 pixels", "baseline", numbers[t][::-1].copy(), 7, test, resampling),
            ],
            confusion=label_set_confusion(test.truth, ours.answers, names),
            calibration=calibration_of(test.truth, self.scores[t], temperature=1.6),
            leak=Leak(about="linear probe on 32×32 pixels", by_patient=0.61, by_frame=0.93),
            notes=["pancreas: 5 test frames only; its interval says little."],
        )

    def facts(self, name: str = "Abdomen 2024") -> CohortFacts:
        catalog = self.catalog
        labels = [
            Share(label, int(column.sum()), float(column.mean()))
            for label, column in zip(ABDOMEN.names, self.truth.T, strict=True)
        ]
        parts = [
            Part(part, rows["patient"].n_unique(), rows["exam"].n_unique(), len(rows), len(rows))
            for part in ("train", "validation", "test")
            for rows in [catalog.filter(pl.col("part") == part)]
        ]
        return CohortFacts(
            name=name,
            patients=catalog["patient"].n_unique(),
            exams=catalog["exam"].n_unique(),
            clips=len(catalog),
            frames=len(catalog),
            held_back=12,
            labelled=len(catalog),
            machine_models=3,
            machines=machine_shares(catalog),
            labels=labels,
            quarantine=[Share("no pixel data", 7, 0.7), Share("broken file", 3, 0.3)],
            parts=parts,
        )

    def content(self, name: str = "Abdomen 2024") -> ReportContent:
        validation, _ = self.part("validation")
        naming = NamingFrames(validation.frame_ids, validation.truth, ABDOMEN.names, "validation")
        cards = group_cards(self.groups, self.catalog, naming, self.read)
        groupings = [Grouping("cluster-1", "deep clustering (pica)", cards)]
        steps = np.arange(0, 600, 10)
        rng = np.random.default_rng(1)
        curves = RunCurves(
            "pretrain-1",
            [
                line_chart(
                    "Loss",
                    "Lower is better.",
                    {"clustering": list(zip(steps, 2 * np.exp(-steps / 200) + rng.normal(0, 0.05, 60), strict=True))},
                    floor=0.2,
                ),
                line_chart(
                    "Groups in use",
                    "A fall to one or two is a collapse.",
                    {"filled": [(0, 7), (300, 6), (590, 7)], "effective": [(0, 6.5), (300, 5.2), (590, 6)]},
                ),
            ],
        )
        evaluations = [self.evaluation()]
        coloured = self.catalog.with_columns(
            self.groups["group"].cast(pl.String).alias("group"),
            pl.Series("label", [" + ".join(KINDS[k]) for k in self.kind]),
        )
        return ReportContent(
            made_at="2026-01-02 10:00 UTC",
            cohort=self.facts(name),
            findings=findings(self.facts(name), groupings, evaluations),
            groupings=groupings,
            curves=[curves],
            evaluations=evaluations,
            map=embedding_map(
                "pretrain-1",
                self.embeddings,
                range(len(coloured)),
                coloured,
                {"group": "group", "label set": "label", "machine": "machine"},
                self.read,
            ),
            runs=[
                RunFacts(
                    "pretrain-1",
                    "pica",
                    [("data fingerprint", "9f2c" * 8), ("seed", "0")],
                    [("lambda_balance", "2"), ("learning_rate", "0.0001")],
                )
            ],
            versions=[("sonosift", "0.1.0"), ("torch", "2.8.0")],
        )


def _fan(rng: np.random.Generator, kind: int) -> np.ndarray:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    radius, angle = np.hypot(x - SIDE / 2, y + 12), np.arctan2(x - SIDE / 2, y + 12)
    inside = (radius > 18) & (radius < 72) & (np.abs(angle) < 0.62)
    tissue = 60 + 50 * np.abs(rng.normal(size=(SIDE, SIDE))) * np.exp(-radius / 90)
    blob = np.hypot(x - 20 - 4 * kind, (y - 34) * 1.3) < 8 + kind
    tissue[blob] *= 0.2 if kind % 2 else 1.7
    return np.where(inside, np.clip(tissue, 0, 255), 0).astype(np.uint8)
