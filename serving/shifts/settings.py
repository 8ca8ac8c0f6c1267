"""The settings of `narrashift shift`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...model.settings import Settings

Every = Literal["day", "week", "month"]
Sensitivity = Literal["low", "medium", "high"]
Count = Annotated[int, Field(ge=1)]
EVERYTHING = "all"
"""As `by`: all articles are one source."""


class ShiftSettings(Settings):
    """Everything that decides what is found in scores."""

    by: str = Field(default="source", description="the column that names a source; `all`: everything is one")
    date: str = Field(default="date", description="the column that dates an article")
    link: str | None = Field(default=None, description="its address's column; `url` or `link` where there is one")
    topic: str | None = Field(default=None, description="its topic's column; else found in the text")
    every: Every = Field(default="week", description="the period that articles are counted by")
    where: str | None = Field(default=None, description="which passages count, as SQL: date >= '2022-01-01'")
    sensitivity: Sensitivity = Field(default="medium", description="0.01, 0.05 or 0.2 false alarms a source and year")
    smallest: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.2, description="the change that a series must be able to show not to be called insufficient"
    )
    least: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.02, description="the corrected change below which a shift is not worth a finding"
    )
    false_discoveries: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.1, description="of the shifts of a run, the share that may be false: larger q-values are left out"
    )
    relations: bool = Field(default=True, description="whether sources are compared: camps, and who moved first")
    camps: str | None = Field(
        default=None, description="sources that stand together: a TOML file, or column:NAME; else by their stance"
    )
    passages: Annotated[int, Field(ge=0)] = Field(default=5, description="passages shown before and after a shift")
    words: Annotated[int, Field(ge=0)] = Field(default=12, description="words shown before and after a shift")
    replicates: Annotated[int, Field(ge=50)] = Field(default=200, description="bootstrap samples behind an interval")
    story: str | None = Field(
        default=None, description="for --emerging: the task whose labels are stories; else the first of kind multi"
    )
    backbone: str | None = Field(
        default=None,
        description="for --emerging: where the bundle's pretrained backbone lies, if it was a local folder",
    )
    seed: int = 0
