"""Which sources stand together: as a file says, as a column says, or as their own stance shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from ....model.errors import UserError, suggestion
from ....model.toml import read_toml
from ..passages import BY, Source, located
from ..prevalence.influence import influences
from ..prevalence.quantify import BY_STATE, shares, shrunk_shares, state_shares
from ..scores import Scores
from ..series import Asked
from ..settings import ShiftSettings

COLUMN = "column:"
MOST = 6
"""Camps of a column: those with the most articles."""
SIDES = {"pro_russia": "pro-Russian", "pro_ukraine": "pro-Ukrainian"}
"""Labels of the task `stance` that sources are grouped by where nobody says otherwise."""
FEWEST = 10
"""Articles of a source whose stance is judged."""
SURE = 1.96
"""Standard errors by which one side's share must be above the other's."""


@dataclass(frozen=True)
class Camps:
    """Sources that stand together.

    Attributes:
        members: camp -> its sources, each in one camp.
        origin: `stance`: inferred from the very labels that are compared.
        left_out: sources of no camp.
    """

    members: dict[str, tuple[str, ...]]
    origin: Literal["file", "column", "stance"]
    left_out: tuple[str, ...]

    @property
    def camp_of(self) -> dict[str, str]:
        """Source -> camp."""
        return {source: camp for camp, own in self.members.items() for source in own}


class _Camp(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    sources: tuple[str, ...]


def read_camps(path: Path, *, names: Sequence[str]) -> Camps:
    """The camps of a TOML file: `[camps.NAME]` with `sources = ["RT", …]`.

    Args:
        names: the sources of the run.

    Raises:
        UserError: no such file, not TOML, a source that is named twice or not at all in the scores, fewer than two
            camps.
    """
    content = read_toml(path, way_out="Name a TOML file with --camps FILE, or --camps column:NAME")
    tables = content.get("camps")
    if set(content) != {"camps"} or not isinstance(tables, dict) or len(tables) < 2:
        raise UserError(f'{path}: at least two tables [camps.NAME] with sources = ["…", "…"] are expected')
    problems: list[str] = []
    members: dict[str, tuple[str, ...]] = {}
    for camp, table in tables.items():
        try:
            members[camp] = _Camp.model_validate(table).sources
        except ValidationError as error:
            first = error.errors()[0]
            problems.append(f"{path}, {'.'.join(map(str, ('camps', camp, *first['loc'])))}: {first['msg']}")
            continue
        for source in members[camp]:
            if source not in names:
                problems.append(f"{path}, camps.{camp}: no source {source!r} in the scores {suggestion(source, names)}")
    times = Counter(source for own in members.values() for source in own)
    problems += [f"{path}: {source!r} is named {n} times" for source, n in times.items() if n > 1]
    if problems:
        raise UserError(problems)
    return Camps(members, "file", _left_out(members, names))


def column_camps(scores: Scores, *, column: str, settings: ShiftSettings, names: Sequence[str]) -> Camps:
    """Sources by what a column says of most of their articles; of many values those with the most articles.

    Raises:
        UserError: the scores do not have the column.
    """
    name = scores.need(column, flag="--camps column:NAME")
    said = (
        located(scores, settings=settings, parts=scores.parts)
        .filter(pl.col("passage") == 0)
        .select(BY, pl.col(name).cast(pl.String).alias("camp"))
        .drop_nulls()
        .group_by(BY, "camp")
        .len()
        .collect()
        .filter(pl.col(BY).is_in(list(names)))
        .sort("len", BY, "camp", descending=[True, False, False])
    )
    own = said.unique(BY, keep="first", maintain_order=True)
    largest = own.group_by("camp").agg(pl.col("len").sum()).sort("len", "camp", descending=[True, False])["camp"][:MOST]
    members = {camp: tuple(own.filter(pl.col("camp") == camp)[BY].sort().to_list()) for camp in largest.to_list()}
    return Camps(members, "column", _left_out(members, names))


def stance_camps(sources: Iterable[Source], *, asked: Sequence[Asked]) -> Camps | None:
    """Sources whose corrected stance over the whole run leans surely to one side; None without such a task.

    Sure: the shares of the two sides are 1.96 standard errors apart, those of articles and of confusions together.
    """
    stance = next((one for one in asked if one.question.name == "stance" and set(SIDES) <= set(one.labels)), None)
    if stance is None:
        return None
    members: dict[str, list[str]] = {camp: [] for camp in SIDES.values()}
    names = []
    for source in sources:
        names.append(source.name)
        leaning = _leaning(source, stance)
        if leaning:
            members[SIDES[leaning]].append(source.name)
    found = {camp: tuple(own) for camp, own in members.items()}
    return Camps(found, "stance", _left_out(found, names))


def _leaning(source: Source, stance: Asked) -> str | None:
    """The side that a source takes, or None."""
    articles = stance.articles(source)
    number = len(articles.articles) - 1
    if number < FEWEST:
        return None
    first, second = SIDES
    at = [stance.labels.index(first), stance.labels.index(second)]
    counts = articles.counts(stance.space.size).sum(axis=0, keepdims=True)
    found = shares(counts, stance.confusion, method=stance.method)
    states = state_shares(counts, stance.confusion, method=stance.method)
    centre = (states * number + 1) / (number + states.shape[1])
    slopes = influences(centre, stance.confusion, method=stance.method, articles=number)
    slope, through = (of[:, at[0]] - of[:, at[1]] for of in (slopes.answers, slopes.confusion))
    errors = stance.confusion.state_errors if stance.method in BY_STATE else stance.confusion.class_errors
    wrong = (errors * through[0]).sum(axis=2) @ centre[0]
    doubt = 0.0
    if stance.method == "shrunk":
        own = shrunk_shares(states, counts, stance.confusion)
        doubt = float(own.trust[0] * (1 - own.trust[0]) * (own.apart[0, at[0]] - own.apart[0, at[1]]) ** 2)
    error = np.sqrt(articles.means(slope).var() / number + wrong.var() + doubt)
    apart = found[0, at[0]] - found[0, at[1]]
    return None if abs(apart) < SURE * error else first if apart > 0 else second


def _left_out(members: dict[str, tuple[str, ...]], names: Sequence[str]) -> tuple[str, ...]:
    inside = {source for own in members.values() for source in own}
    return tuple(name for name in names if name not in inside)
