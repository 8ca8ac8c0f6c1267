"""What a detector's alarm is worth: its date with interval, and its size, corrected, with interval."""

from __future__ import annotations

from datetime import date

import numpy as np

from ..changes.search import LEVEL
from ..finding import Interval, Shift, Stretch
from ..periods import first_day
from ..prevalence.difference import difference
from ..series import Asked
from .dating import date_interval
from .detector import likeliest_split
from .noise import Noise, Null
from .series import Run, dispersion_of
from .settings import WatchSettings
from .state import SeriesState, SourceCounts


def shift_of(
    counts: SourceCounts, *, run: Run, state: SeriesState, asked: Asked, part: slice, now: int, noise: Noise,
    settings: WatchSettings,
) -> tuple[Shift, int] | None:  # fmt: skip
    """The shift at the end of a run, and the last period in which it may have begun; None where, corrected, it is
    nothing that `settings.least` would call a finding.

    Its `p_value` and `q_value` are not known (NaN): a watch bounds false alarms over time, not over a list.
    """
    split, low, high = _dated(counts, run=run, state=state, part=part, now=now, noise=noise)
    before, after = counts.between(run.first, split - 1)[:, part], counts.between(split, now)[:, part]
    sizes = difference(
        before, after, asked.confusion, method=asked.method, replicates=settings.replicates, seed=settings.seed
    )
    classes, single = asked.question.classes, len(asked.labels) > 1
    moved = int(np.argmax(np.abs(sizes.change))) if single else 1
    change = Interval(float(sizes.change[moved]), float(sizes.low[moved]), float(sizes.high[moved]))
    if change.low <= 0 <= change.high or abs(change.value) < settings.least:
        return None
    totals = np.stack([before.sum(axis=0), after.sum(axis=0)])
    articles = totals.sum(axis=1)
    raw = (totals @ asked.space.decided / articles[:, None])[:, moved]

    def interval(shares: np.ndarray, bounds: np.ndarray) -> Interval:
        return Interval(float(shares[moved]), float(bounds[0, moved]), float(bounds[1, moved]))

    def day(period: int) -> date:
        return first_day(period, settings.every)

    begins = max(run.first, counts.first)
    return Shift(
        id="",
        by=counts.name,
        task=asked.task,
        label=classes[moved] if single else asked.labels[0],
        kind="narrative",
        date=day(split),
        earliest=day(low),
        latest=day(high),
        before=Stretch(day(begins), day(split), round(articles[0])),
        after=Stretch(day(split), day(now + 1), round(articles[1])),
        share_before=interval(sizes.before, sizes.before_bounds),
        share_after=interval(sizes.after, sizes.after_bounds),
        change=change,
        raw_before=float(raw[0]),
        raw_after=float(raw[1]),
        p_value=float("nan"),
        q_value=float("nan"),
        others={name: float(sizes.change[k]) for k, name in enumerate(classes) if k != moved} if single else None,
    ), high


def _dated(
    counts: SourceCounts, *, run: Run, state: SeriesState, part: slice, now: int, noise: Noise
) -> tuple[int, int, int]:
    """First period of the new level, and those between which it lies with 95 % confidence."""
    assert state.values is not None
    split = likeliest_split(run.weighted)
    length = len(run.weighted)
    present = run.weighted.sum(axis=0) > 0
    posterior = dispersion_of(counts, state=state, part=part, values=state.values, now=now).posterior[0]
    null = Null(run.series.articles[0, :length], float(run.series.within[0]), run.weights, posterior)
    low, high = date_interval(run.weighted[:, present], null=null, noise=noise, split=split, shortest=1, level=LEVEL)
    first, second, third = (int(run.series.periods[0, at]) + run.first for at in (split, low, high))
    return first, second, third
