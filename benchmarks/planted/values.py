"""What an article of a stream counts for a series, and what the search of `narrashift shift` finds by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from narrashift.serving.shifts.changes.calibration import Calibration, fit_calibration
from narrashift.serving.shifts.changes.posteriors import at_shares, own_shares
from narrashift.serving.shifts.changes.search import Searched, find_changes
from narrashift.serving.shifts.prevalence.confusion import FEWEST

from .streams import Pool, Stream

WEEKS = 365.2425 / 7


class Values:
    """What an article of a stream counts for a series: a reading of the bundle's answers.

    Args:
        labelled: with kind `labelled`, half of the passages -> the other half, which is the labelled sample.
    """

    def __init__(self, kind: str, *, trained: np.ndarray, labelled: dict[int, Pool] | None = None) -> None:
        self.kind = kind
        self.trained = trained
        self.labelled = labelled or {}
        self.calibrations: dict[tuple[int, tuple[int, ...]], Calibration | None] = {}

    def of(self, stream: Stream, pool: Pool, columns: Sequence[int]) -> np.ndarray:
        """``(articles, classes)``."""
        values = stream.values(pool.hard if self.kind == "hard" else pool.soft, columns)
        if self.kind not in ("own", "labelled"):
            return values
        shares = self.trained[list(columns)]
        shares = np.array([1 - shares[0], shares[0]]) if len(columns) == 1 else shares / shares.sum()
        own = self._calibration(pool, tuple(columns)) if self.kind == "labelled" else None
        if own is not None:
            values, shares = own.applied(values), own.shares
        return at_shares(values, trained=shares, shares=own_shares(values, trained=shares))

    def _calibration(self, pool: Pool, columns: tuple[int, ...]) -> Calibration | None:
        key = (id(pool), columns)
        if key not in self.calibrations:
            other = self.labelled[id(pool)]
            probs, true = other.soft[:, list(columns)], other.true[:, list(columns)]
            if len(columns) == 1:
                probs, true = (np.concatenate([1 - part, part], axis=1) for part in (probs, true))
            enough = true.sum(axis=0).min() >= FEWEST
            self.calibrations[key] = fit_calibration(probs, true.argmax(axis=1)) if enough else None
        return self.calibrations[key]


def searched(drawn: Sequence[tuple[Stream, Pool]], values: Values, *, false_alarms: float) -> list[list[Searched]]:
    """What is found in every series of every stream at an asked rate of false alarms."""
    series = drawn[0][1].series()
    weeks, classes = max(stream.weeks for stream, _ in drawn), max(2, *map(len, series))
    counts = np.zeros((len(drawn), len(series), weeks, classes))
    squares = np.zeros_like(counts)
    for i, (stream, pool) in enumerate(drawn):
        for j, columns in enumerate(series):
            own = values.of(stream, pool, columns)
            counts[i, j, : stream.weeks, : own.shape[1]] = stream.sums(own)
            squares[i, j, : stream.weeks, : own.shape[1]] = stream.sums(own**2)
    flat = (len(drawn) * len(series), weeks, classes)
    found = find_changes(
        counts=counts.reshape(flat), squares=squares.reshape(flat), periods_per_year=WEEKS,
        source=np.repeat(np.arange(len(drawn)), len(series)), false_alarms=false_alarms,
    )  # fmt: skip
    return [found[i * len(series) : (i + 1) * len(series)] for i in range(len(drawn))]


def planted_series(stream: Stream, pool: Pool) -> int:
    """Which of the series holds the planted label."""
    return next(j for j, columns in enumerate(pool.series()) if stream.column in columns)
