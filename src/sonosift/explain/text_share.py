"""How much of a network's attention lies on text: one line of ``sonosift explain --text``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class TextShare(BaseModel):
    """Attention on text of one network on one kind of picture; intervals are of 95 % over patients.

    Attributes:
        network: What it was trained on: cleaned or uncleaned frames.
        pictures: What it was asked about.
        frames: Frames with text, where anything speaks for the likeliest answer.
        patients: Their patients.
        attention: Mean share of the attention that lies where text stands, or stood.
        attention_low: Lower end of its interval.
        attention_high: Upper end.
        area: Mean share of the view that is text: what looking nowhere in particular would give.
        excess: Mean of attention less area.
        excess_low: Lower end of its interval.
        excess_high: Upper end.
        without_text: Frames left out because the cleaner found no text in their view.
        without_attention: Frames left out because nothing speaks for their likeliest answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: str
    pictures: str
    frames: int
    patients: int
    attention: float
    attention_low: float
    attention_high: float
    area: float
    excess: float
    excess_low: float
    excess_high: float
    without_text: int
    without_attention: int

    def describe(self) -> str:
        """Return the row as a sentence."""
        return (
            f"trained on {self.network}, asked about {self.pictures} frames: {self.attention:.2%} of the attention "
            f"({self.attention_low:.2%} to {self.attention_high:.2%}) on text, which takes {self.area:.2%} of the "
            f"view: {self.excess:+.2%} ({self.excess_low:+.2%} to {self.excess_high:+.2%}); "
            f"{self.frames} frames of {self.patients} patients"
        )
