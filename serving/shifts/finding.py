"""What a finding is: a dated change of one source's series, with its sizes and how sure they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

Kind = Literal["narrative", "topic mix"]


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Stretch:
    """The periods on one side of a shift, up to the neighbouring shift: first day, the day behind it, articles."""

    start: dt.date
    end: dt.date
    articles: int


@dataclass(frozen=True)
class Shift:
    """A change of level in a series.

    Attributes:
        id: names it within its run.
        by: the source.
        task: whose label moved; `narrative` for a composite one.
        label: the label that moved most.
        kind: what changed: the story, or mostly the mix of topics that are written about.
        date: first day of the first period of the new level; `earliest` and `latest` its 95 % interval.
        share_before, share_after, change: corrected shares 0..1.
        raw_before, raw_after: the shares that were decided, uncorrected: a large change that is small in these rests on
            the correction.
        p_value: by block permutation; `q_value` adjusted over all series of the run (Benjamini and Hochberg).
        by_topics: what of `change` other topics bring; None where topics are not known.
        others: the other labels of a single task -> their change.
        supported: whether held-out passages can explain the source's answers: if not, sizes are to be distrusted.
    """

    id: str
    by: str
    task: str
    label: str
    kind: Kind
    date: dt.date
    earliest: dt.date
    latest: dt.date
    before: Stretch
    after: Stretch
    share_before: Interval
    share_after: Interval
    change: Interval
    raw_before: float
    raw_after: float
    p_value: float
    q_value: float
    by_topics: Interval | None = None
    others: dict[str, float] | None = None
    supported: bool = True

    @property
    def column(self) -> str:
        """The label's column in a score table."""
        return f"{self.task}.{self.label}"


@dataclass(frozen=True)
class Volume:
    """A change of how much a source publishes: no change of its story. `before`, `after`: mean articles a period."""

    by: str
    date: dt.date
    before: float
    after: float
    p_value: float
