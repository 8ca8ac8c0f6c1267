"""The settings of `narrashift score`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from ..model.language import LANGUAGES
from ..model.settings import Settings
from ..rows import Format

Engine = Literal["torch", "onnx", "onnx-int8", "tfidf"]
Count = Annotated[int, Field(ge=1)]


class ScoreSettings(Settings):
    """Everything that decides a score table, beside the model and the input."""

    text: str = Field(default="text", description="the column that holds the article")
    id: str | None = Field(default=None, description="the column that names it; `id` where there is one")
    carry: dict[str, str] | None = Field(
        default=None,
        description="columns to carry, new name -> column; `source` and `date` where there are such",
    )
    as_text: tuple[str, ...] = Field(default=(), description="carried columns to store as text whatever they hold")
    encoding: str = Field(default="auto", description="of JSON, JSONL, CSV, TSV and text; auto detects each file's")
    input_format: Format | None = Field(default=None, description="read every file so, whatever its ending")
    mend: bool = Field(default=True, description="mend mojibake, entities and invisible characters for the model")
    languages: tuple[str, ...] = Field(default=LANGUAGES, description="languages to choose among; none: not told")
    duplicates: bool = Field(default=True, description="mark articles that repeat an earlier one")
    keep_text: bool = Field(default=False, description="store each passage as it stands in the article")
    cut: Literal["sentences", "none"] = Field(default="sentences", description="cut articles into passages, or not")
    passage_tokens: Annotated[int, Field(ge=16)] = Field(default=160, description="tokens a passage may have")
    passage_sentences: Count = Field(default=6, description="sentences a passage may have")
    abstain: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="share of wrong answers above which a passage is left undecided"
    )
    cascade: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="share of passages that the student may answer otherwise than the network would"
    )
    cascade_task: str | None = Field(default=None, description="the task whose labels count for it; any by default")
    evidence: bool = Field(default=False, description="add the words and the sentence that carried each label")
    part: Count = Field(default=5_000, description="passages after which a part is written")
    format: Literal["parquet", "csv"] = Field(
        default="parquet", description="csv: write the finished parts once more, as one file for spreadsheets"
    )
    engine: Literal["auto", "torch", "onnx", "onnx-int8"] = Field(default="auto", description="what runs the network")
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    threads: Count | None = Field(default=None, description="cores to use; all by default")
    batch_tokens: Count | None = Field(default=None, description="padded tokens of a batch")
    on: Literal["local", "ray"] = Field(default="local", description="this machine, or a Ray cluster")
    workers: Count | None = Field(default=None, description="of a Ray cluster; as many as it has room for by default")
    ray_address: str | None = Field(default=None, description="of a running cluster; without, one is started here")

    @field_validator("languages")
    @classmethod
    def _in_one_order(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(languages)))

    @field_validator("cascade")
    @classmethod
    def _alone(cls, cascade: float | None, others: ValidationInfo) -> float | None:
        if cascade is not None and others.data.get("abstain") is not None:
            raise ValueError("the bounds of --abstain hold for the network's answers only. Leave one of the two out")
        return cascade

    @field_validator("workers", "ray_address")
    @classmethod
    def _of_ray(cls, value: int | str | None, others: ValidationInfo) -> int | str | None:
        if value is not None and others.data.get("on") == "local":
            raise ValueError("is for a run on Ray. Add --on ray")
        return value
