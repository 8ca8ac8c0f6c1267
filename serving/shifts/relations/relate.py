"""How the sources of a run go together: camps and how far apart they are, who moved together, who turned first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ....model.progress import Progress
from ..changes.search import Searched
from ..finding import Shift
from ..passages import Source
from ..periods import per_year
from ..scores import Scores
from ..series import Asked
from ..settings import ShiftSettings
from .camps import COLUMN, Camps, column_camps, read_camps, stance_camps
from .divergence import comparable, divergence_table
from .lead import LAGS, Lead, Told, find_leads
from .order import Order, find_orders
from .pooled import pool


@dataclass(frozen=True)
class Relations:
    """How sources go together.

    Attributes:
        camps: None where nobody names any and nothing can be inferred.
        divergence: as `divergence.divergence_table` has it; without rows where fewer than two camps have a source.
        orders: dated changes close together.
    """

    camps: Camps | None
    divergence: pl.DataFrame
    lead: Lead
    orders: list[Order]


def relate(
    sources: Callable[[], Iterator[Source]],
    *,
    scores: Scores,
    settings: ShiftSettings,
    asked: Sequence[Asked],
    names: Sequence[str],
    sums: np.ndarray,
    searched: Sequence[Searched],
    shifts: Sequence[Shift],
    first: int,
    progress: Progress,
) -> Relations:
    """Compare the sources of a run with each other.

    Args:
        sums: ``(sources × questions, periods, classes)``, as the search for changes had them; `searched`: its results.
        first: number of the first period.

    Raises:
        UserError: the settings' camps cannot be read.
    """
    parents = {task: tuple(about.parents) for task, about in scores.codebook.tasks.items()}
    progress("comparing camps", 0, 0)
    camps = _camps(sources, scores=scores, settings=settings, asked=asked, names=names)
    used, compared = comparable(asked, parents=parents)
    pooled = (
        pool(
            sources(), camp_of=camps.camp_of, asked=used, periods=sums.shape[1], replicates=settings.replicates,
            seed=settings.seed,
        )
        if camps and sum(bool(own) for own in camps.members.values()) > 1
        else {}
    )  # fmt: skip
    divergence = divergence_table(pooled, compared=compared, first=first, every=settings.every, seed=settings.seed)
    progress("looking who moved first", 0, 0)
    lead = find_leads(
        list(_told(asked, parents=parents, sums=sums, searched=searched)),
        articles=sums[:: len(asked)].sum(axis=2).round(),
        names=names,
        every=settings.every,
        false_discoveries=settings.false_discoveries,
        seed=settings.seed,
    )
    days = LAGS[settings.every] * round(365.25 / per_year(settings.every))
    return Relations(camps, divergence, lead, find_orders(shifts, days=days))


def _camps(
    sources: Callable[[], Iterator[Source]],
    *,
    scores: Scores,
    settings: ShiftSettings,
    asked: Sequence[Asked],
    names: Sequence[str],
) -> Camps | None:
    if settings.camps is None:
        return stance_camps(sources(), asked=asked)
    if settings.camps.startswith(COLUMN):
        column = settings.camps.removeprefix(COLUMN)
        return column_camps(scores, column=column, settings=settings, names=names)
    return read_camps(Path(settings.camps), names=names)


def _told(
    asked: Sequence[Asked], *, parents: dict[str, tuple[str, ...]], sums: np.ndarray, searched: Sequence[Searched]
) -> Iterator[Told]:
    """Every label that is no parent of others, of a single task with two labels the second."""
    spread = np.array([one.spread for one in searched])
    for column, one in enumerate(asked):
        if len(one.labels) == 1 and one.labels[0] in parents.get(one.task, ()):
            continue
        classes = [1] if len(one.question.classes) == 2 else range(len(one.question.classes))
        for k in classes:
            label = one.labels[k] if len(one.labels) > 1 else one.labels[0]
            yield Told(one.task, label, sums[column :: len(asked), :, k], spread[column :: len(asked)])
