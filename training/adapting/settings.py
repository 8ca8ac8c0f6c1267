"""The settings of `narrashift adapt`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...model.settings import Settings

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class AdaptSettings(Settings):
    """Everything that decides an adapted backbone, beside the text."""

    backbone: str = Field(default="minilm-l6", description="`minilm-l6` (installed), a local folder or a hub id")
    passages: Annotated[int, Field(ge=50)] = Field(
        default=50_000, description="distinct passages to draw, at most; they are held in memory"
    )
    held_out: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=0.02, description="share of them on which the perplexity is measured; 20 to 2,000 passages"
    )
    max_tokens: Annotated[int, Field(ge=8)] = Field(default=256, description="tokens a passage may have")
    epochs: Count = Field(default=3, description="passes over the passages; each masks anew")
    steps: Count | None = Field(default=None, description="stop after so many steps, however many passes that is")
    step_tokens: Annotated[int, Field(ge=64)] = Field(default=2_048, description="tokens a step, padding included")
    masked: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.15, description="share of the tokens to predict")
    whole_words: bool = Field(default=True, description="mask all pieces of a word, or none")
    learning_rate: Positive = Field(default=2e-4, description="of the encoder")
    head_learning_rate: Positive = Field(default=1e-3, description="of a fresh head; others have the encoder's")
    anchor: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=10.0, description="how much a backbone with a fresh head is held to its own sentence vectors; 0: not"
    )
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.01
    warmup: Share = Field(default=0.1, description="share of the steps over which the rates rise")
    freeze_embeddings: bool = Field(
        default=True, description="keep the word embeddings, and the decoder that shares them, as they are"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="auto: bf16 where the processor has it"
    )
    device: str = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
