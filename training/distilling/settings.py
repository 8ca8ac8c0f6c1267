"""The settings of `narrashift distill`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...model.settings import Settings

Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


class DistillSettings(Settings):
    """Everything that decides a student, beside the bundle and the text."""

    passages: Annotated[int, Field(ge=100)] = Field(default=50_000, description="distinct passages to draw, at most")
    held_out: Share = Field(default=0.2, description="share of them that calibrates the student and never trains it")
    dimensions: Count = Field(default=128, description="of the static embeddings; at most the encoder's")
    filters: Count = Field(default=256, description="each sees three tokens")
    hidden: Count = Field(default=256, description="units of the layer before the logits")
    epochs: Count = Field(default=12, description="passes over the passages, at most")
    patience: Count = Field(default=3, description="epochs without a smaller loss before stopping")
    batch: Count = Field(default=64, description="passages a step")
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 2e-3
    device: str = Field(default="auto", description="that the bundle's network runs on; the student trains on the CPU")
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
