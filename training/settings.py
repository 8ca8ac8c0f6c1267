"""The settings of `narrashift train`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..model.classifier import MOST_WINDOWS
from ..model.settings import Settings

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class TrainSettings(Settings):
    """Everything that decides a training run, beside the data and the codebook."""

    backbone: str = Field(
        default="minilm-l6", description="`minilm-l6` (installed), a local folder, a hub id, or a bundle to go on from"
    )
    max_tokens: Annotated[int, Field(ge=8)] = Field(default=256, description="tokens that are read at once")
    windows: Annotated[int, Field(ge=1, le=MOST_WINDOWS)] | Literal["auto"] = Field(
        default="auto",
        description="of max_tokens each, at most, that a passage is read in; auto: what the corpus needs",
    )
    layers: Count | Literal["auto"] = Field(
        default="auto",
        description="of the encoder's upper half, whose means the heads see; auto: 3 where the encoder does not learn",
    )
    pooling: Literal["auto", "mean", "mean_max"] = Field(
        default="auto",
        description="of a layer's tokens: their mean, or the top one's maxima too; auto: both where the encoder learns",
    )
    epochs: Count | Literal["auto"] = Field(
        default="auto", description="passes over the training passages, at most; auto: 5, below 7,000 passages 3"
    )
    patience: Count = Field(default=3, description="epochs without a better validation macro-F1 before stopping")
    batch: Count | Literal["auto"] = Field(default="auto", description="passages a step; auto: 32, on a GPU more")
    learning_rate: Positive | Literal["auto"] = Field(
        default="auto", description="of the encoder's top layer; auto: 2e-4, less where passages are few"
    )
    head_learning_rate: Positive | Literal["auto"] = Field(
        default="auto", description="of the heads; auto: 1e-3, less where passages are few"
    )
    probe: bool = Field(
        default=True, description="begin the heads with what the encoder tells already; below 12,000 train passages"
    )
    layer_decay: Annotated[float, Field(gt=0, le=1)] = Field(default=0.95, description="per layer, going down")
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.01
    warmup: Share = Field(default=0.1, description="share of the steps over which the rate rises")
    dropout: Share = Field(default=0.1, description="of the pooled features")
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] | Literal["auto"] = Field(
        default="auto",
        description="share of what a label says that goes to all alike; auto: 0.1, below 7,000 passages 0",
    )
    class_weights: Literal["none", "auto"] | dict[str, Positive] = Field(
        default="none",
        description="`none`, `auto` (rare labels count more), or { 'stance.pro_russia' = 2.0 }",
    )
    task_weights: dict[str, Positive] = Field(default={}, description="{ frame = 2.0 }; 1 where not named")
    mirror: str = Field(
        default="auto",
        description="TOML file of words and labels that trade places in passages that a learning encoder sees twice; "
        "auto: the shipped one, where all its labels are yours; or none",
    )
    goal: Literal["macro", "micro"] = Field(
        default="macro",
        description="the F1 that thresholds are chosen for: each label counts alike (macro), or each decision (micro)",
    )
    lexical: Annotated[int, Field(ge=0, le=2**22)] = Field(
        default=2**16, description="buckets of the head that counts words beside the encoder; 0 for none"
    )
    tune: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="whether the encoder learns; auto: from 500 train passages a label on, 1,500 at least",
    )
    freeze: Annotated[int, Field(ge=0)] = Field(
        default=0, description="0: train everything; 1: embeddings fixed; n: also the lowest n-1 layers"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="auto: bf16 where the processor has it"
    )
    device: str = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
