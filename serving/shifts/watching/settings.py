"""The settings of `narrashift watch`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from ....model.settings import Settings
from ..settings import Count, Every, Sensitivity, ShiftSettings

BINDING = ("by", "date", "every", "where")
"""Settings that the counts in a state file depend on: it takes no others."""


class WatchSettings(Settings):
    """Everything that decides what a watch reports."""

    by: str = Field(default="source", description="the column that names a source; `all`: everything is one")
    date: str = Field(default="date", description="the column that dates an article")
    link: str | None = Field(default=None, description="its address's column; `url` or `link` where there is one")
    topic: str | None = Field(default=None, description="its topic's column; else found in the text")
    every: Every = Field(default="week", description="the period that articles are counted by")
    where: str | None = Field(default=None, description="which passages count, as SQL: language = 'en'")
    sensitivity: Sensitivity = Field(
        default="medium", description="low, medium, high: 100, 20, 5 source-years between false alarms"
    )
    grace: Annotated[int, Field(ge=0, le=366)] = Field(
        default=3, description="days that a period waits for late articles after its end"
    )
    since: dt.date | None = Field(
        default=None, description="at the first look: what was before this day is history; else all that is there"
    )
    least: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.02, description="the corrected change below which a shift is not worth a report"
    )
    passages: Annotated[int, Field(ge=0)] = Field(default=3, description="passages shown before and after a shift")
    words: Count = Field(default=12, description="words shown before and after a shift")
    replicates: Annotated[int, Field(ge=50)] = Field(default=200, description="bootstrap samples behind an interval")
    seed: int = 0

    def counting(self) -> ShiftSettings:
        """The same as `narrashift shift` has it, where passages are counted and shown."""
        return ShiftSettings(**{name: value for name, value in self if name in ShiftSettings.model_fields})
