"""What a report page shows, already reduced to plain values: the page itself only lays it out."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from sonosift.evaluate.group_metrics import GroupMetrics
from sonosift.evaluate.score_table import Evaluation


@dataclass(frozen=True)
class Share:
    """A named part of a whole."""

    name: str
    count: int
    share: float
    patients: int | None = None
    hue: int = 0
    """Which of the page's six colours stands for it."""


@dataclass(frozen=True)
class Part:
    """One part of the split."""

    name: str
    patients: int
    exams: int
    frames: int
    labelled: int


@dataclass(frozen=True)
class CohortFacts:
    """What the cohort holds."""

    name: str
    patients: int
    exams: int
    clips: int
    frames: int
    held_back: int
    labelled: int
    machine_models: int
    machines: list[Share]
    labels: list[Share]
    quarantine: list[Share]
    parts: list[Part]


@dataclass(frozen=True)
class Picture:
    """One thumbnail, as a data URI, with what may be said of it."""

    uri: str
    caption: str


@dataclass(frozen=True)
class GroupCard:
    """One group of frames."""

    number: int
    frames: int
    share: float
    patients: int
    exams: int
    largest_patient_share: float
    machines: list[Share]
    labels: list[Share]
    """Labels that Algorithm 1 gives the group: the share of its labelled development frames that carry each."""
    matched_frames: int
    matched_part: str
    typical: list[Picture]
    least_typical: list[Picture]
    warnings: list[str]
    transducers: list[Share] = field(default_factory=list)
    burnt_in: list[Share] = field(default_factory=list)
    """Labels that stood in the pictures before they were cleaned; shares are of the whole group."""
    weak: list[Share] = field(default_factory=list)
    """Labels that a machine or a table of the archive gave; shares are of the whole group."""
    nearest: str = ""
    """The nearest other group, and whether the two are apart."""
    name: str = ""
    """What a person called it."""

    @property
    def title(self) -> str:
        """What a person called it; otherwise the labels that most of its labelled frames carry."""
        if self.number < 0:
            return "set apart: unlike all known frames"
        if self.name:
            return self.name
        named = [label.name for label in self.labels if label.share > 0.5]
        if not self.matched_frames:
            return "no labelled frame"
        return " + ".join(named) or "mixed"


@dataclass(frozen=True)
class Conflict:
    """A labelled frame that contradicts its group."""

    picture: Picture
    group: int
    missing: str
    surplus: str


@dataclass(frozen=True)
class Grouping:
    """The groups of one run."""

    run: str
    method: str
    cards: list[GroupCard]
    charts: list[Chart] = field(default_factory=list)
    metrics: GroupMetrics | None = None
    conflicts: list[Conflict] = field(default_factory=list)
    conflicts_in_all: int = 0


@dataclass(frozen=True)
class Chart:
    """A drawing with the sentence that says how to read it."""

    title: str
    about: str
    drawing: Markup


@dataclass(frozen=True)
class RunCurves:
    """The training curves of one run."""

    run: str
    charts: list[Chart]


@dataclass(frozen=True)
class RunPictures:
    """What a network made of some frames: a row per frame, a column per name."""

    run: str
    part: str
    columns: list[str]
    rows: list[list[Picture]]


@dataclass(frozen=True)
class Colouring:
    """One way to colour the map: a name, the legend, and the legend's index for every point."""

    name: str
    legend: list[str]
    values: list[int]


@dataclass(frozen=True)
class EmbeddingMap:
    """Frames as points in the plane; coordinates in 0..1, thumbnails in one atlas."""

    run: str
    projection: str
    xs: list[float]
    ys: list[float]
    captions: list[str]
    colourings: list[Colouring]
    atlas_uri: str
    atlas_columns: int
    thumbnail_side: int
    shown: int
    total: int

    def data(self) -> dict[str, object]:
        """Return what the script of the page needs."""
        return {
            "xs": self.xs,
            "ys": self.ys,
            "captions": self.captions,
            "colourings": [vars(colouring) for colouring in self.colourings],
            "columns": self.atlas_columns,
            "side": self.thumbnail_side,
        }


@dataclass(frozen=True)
class RunFacts:
    """Where the figures come from."""

    run: str
    method: str
    facts: list[tuple[str, str]]
    settings: list[tuple[str, str]]


@dataclass(frozen=True)
class ReportContent:
    """A whole page."""

    made_at: str
    cohort: CohortFacts
    findings: list[str]
    groupings: list[Grouping] = field(default_factory=list)
    curves: list[RunCurves] = field(default_factory=list)
    pictures: list[RunPictures] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    map: EmbeddingMap | None = None
    flow: Chart | None = None
    runs: list[RunFacts] = field(default_factory=list)
    versions: list[tuple[str, str]] = field(default_factory=list)
