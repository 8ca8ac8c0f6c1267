"""How far apart the stories of camps are, period by period and over the whole run, task by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from ..periods import first_day
from ..series import Asked
from ..settings import Every
from .jensen_shannon import distances
from .pooled import Pooled, corrected

FEWEST = 10
"""Articles that either camp must have in a period to be compared in it."""
SCHEMA = {
    **dict.fromkeys(("one", "other", "task", "label"), pl.String),
    "period": pl.Date,
    **dict.fromkeys(("articles_one", "articles_other"), pl.Int64),
    **dict.fromkeys(("divergence", "low", "high", "share_one", "share_other"), pl.Float64),
}


@dataclass(frozen=True)
class Compared:
    """A task whose labels' distributions are compared: one question with K classes, or L questions, on or off.

    Attributes:
        asked: with where its answers are in the pooled ones.
    """

    task: str
    asked: tuple[tuple[Asked, slice], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(label for one, _ in self.asked for label in one.labels)


def comparable(asked: Sequence[Asked], *, parents: Mapping[str, Sequence[str]]) -> tuple[list[Asked], list[Compared]]:
    """The questions that divergence is made of, and the tasks they belong to.

    Args:
        parents: task -> labels that are left out, because they are on when another is.
    """
    used = [one for one in asked if one.labels[0] not in parents.get(one.task, ()) or len(one.labels) > 1]
    begins = np.cumsum([0, *(one.space.size for one in used)]).tolist()
    places = [(one, slice(a, b)) for one, a, b in zip(used, begins, begins[1:], strict=False)]
    tasks = dict.fromkeys(one.task for one in used)
    return used, [Compared(task, tuple(place for place in places if place[0].task == task)) for task in tasks]


def divergence_table(
    camps: Mapping[str, Pooled], *, compared: Sequence[Compared], first: int, every: Every, seed: int
) -> pl.DataFrame:
    """A row for each two camps, task and period: the divergence in bits with its 95 % interval.

    With `label`, a row for each label: what it adds to its task's, and either camp's corrected share of it. Without
    `period`, the whole run. A single task compares the distributions over its labels; a multi task, and composite
    narratives, are compared label by label, on or off, and the mean over the labels is taken.
    """
    tables = [pl.DataFrame(schema=SCHEMA)]
    for one, other in combinations(camps, 2):
        pair = (camps[one], camps[other])
        periods = np.flatnonzero((pair[0].articles >= FEWEST) & (pair[1].articles >= FEWEST))
        days = [first_day(first + int(period), every) for period in periods]
        whole = (pair[0].over_all(), pair[1].over_all())
        enough = min(camp.articles[0] for camp in whole) >= FEWEST
        for task in compared:
            tables.append(_table(task, pair, periods=periods, days=days, names=(one, other), seed=seed))
            if enough:
                tables.append(_table(task, whole, periods=np.array([0]), days=[None], names=(one, other), seed=seed))
    return pl.concat(tables)


def _table(
    task: Compared, pair: tuple[Pooled, Pooled], *, periods: np.ndarray, days: Sequence[object], names: tuple[str, str],
    seed: int,
) -> pl.DataFrame:  # fmt: skip
    if not len(periods):
        return pl.DataFrame(schema=SCHEMA)
    estimates, errors = zip(
        *(_stacked(task, camp, periods=periods, rng=np.random.default_rng([seed, at])) for at, camp in enumerate(pair)),
        strict=True,
    )
    sizes = (pair[0].articles[periods], pair[1].articles[periods])
    found = distances(estimates[0], estimates[1], errors=(errors[0], errors[1]), articles=sizes)
    single = len(task.asked) == 1 and len(task.labels) > 1
    parts = found.parts[:, 0] if single else found.parts.sum(axis=2)
    shown = [each[:, 0] if single else each[:, :, 1] for each in estimates]
    rows = {
        "one": names[0], "other": names[1], "task": task.task,
        "articles_one": sizes[0].astype(np.int64), "articles_other": sizes[1].astype(np.int64),
    }  # fmt: skip
    total = {"label": None, "divergence": found.value, "low": found.low, "high": found.high,
             "share_one": None, "share_other": None}  # fmt: skip
    each = [
        {"label": label, "divergence": parts[:, k], "low": None, "high": None,
         "share_one": shown[0][:, k], "share_other": shown[1][:, k]}
        for k, label in enumerate(task.labels)
    ]  # fmt: skip
    return pl.concat(_frame({**rows, **own}, days=days) for own in (total, *each))


def _frame(columns: Mapping[str, object], *, days: Sequence[object]) -> pl.DataFrame:
    filled = {
        name: value.tolist() if isinstance(value, np.ndarray) else [value] * len(days)
        for name, value in columns.items()
    }
    return pl.DataFrame({**filled, "period": list(days)}, schema_overrides=SCHEMA).select(list(SCHEMA))


def _stacked(
    task: Compared, camp: Pooled, *, periods: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Estimates ``(periods, L, K)`` and errors ``(replicates, periods, L, K)`` of a task's questions."""
    found = [corrected(camp, asked=one, answers=at, periods=periods, rng=rng) for one, at in task.asked]
    return np.stack([each for each, _ in found], axis=1), np.stack([each for _, each in found], axis=2)
