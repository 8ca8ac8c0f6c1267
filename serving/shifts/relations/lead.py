"""Who moved together and who moved first, over all pairs of sources and all labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ..changes.discovery import q_values
from ..settings import Every
from .association import candidates, correlations, lagged
from .chance import lag_interval, p_values
from .movement import Movements, movements

LAGS: dict[Every, int] = {"day": 7, "week": 4, "month": 3}
"""Periods that one source may be ahead of another."""
FEWEST = 20
"""Periods with an article that a source, and two sources in common, must have."""
FEWEST_TOLD = 10
"""Articles with a label, and without it, that a source must have about."""
MOST_SOURCES = 600
"""Sources looked at: those with the most articles. Pairs grow with their square."""
MOST_PAIRS = 20_000
"""Pairs tested by permutation, those with the most evidence; the others count as tested without a finding."""
DOUBTFUL = 0.05
"""P-value above which nobody asks for the lag's interval."""
SCHEMA = {
    **dict.fromkeys(("task", "label", "ahead", "behind"), pl.String),
    **dict.fromkeys(("lag", "lag_low", "lag_high"), pl.Int32),
    **dict.fromkeys(("lag_support", "association", "p_value", "q_value"), pl.Float64),
    "periods": pl.Int32,
    "first": pl.String,
}


@dataclass(frozen=True)
class Told:
    """A label whose shares are followed in all sources.

    Attributes:
        sums: ``(sources, periods)``: sums of the articles' values.
        spread: ``(sources,)``: intra-period correlation of the articles.
    """

    task: str
    label: str
    sums: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True)
class Lead:
    """What was found.

    Attributes:
        table: a row a pair and label that was tested by permutation, the surest first.
        tests: pairs and labels with data enough; `short`: those without.
        sources: looked at; `left_out`: not, because others have more articles.
    """

    table: pl.DataFrame
    tests: int
    short: int
    sources: int
    left_out: int


@dataclass(frozen=True)
class _Pairs:
    told: Told
    moved: Movements
    rows: np.ndarray
    one: np.ndarray
    other: np.ndarray
    evidence: np.ndarray

    def some(self, which: np.ndarray) -> _Pairs:
        return _Pairs(self.told, self.moved, self.rows, self.one[which], self.other[which], self.evidence[which])


def find_leads(
    told: Sequence[Told],
    *,
    articles: np.ndarray,
    names: Sequence[str],
    every: Every,
    false_discoveries: float,
    seed: int,
) -> Lead:
    """Lagged associations of all pairs of sources, label by label, adjusted over all of them (Benjamini and Hochberg).

    Args:
        articles: ``(sources, periods)``.
        false_discoveries: q-value up to which a pair counts as moving together; only then can one be first, and only
            if the interval of its lag does not reach 0.
    """
    lags = min(LAGS[every], max(articles.shape[1] // 6, 1))
    most = np.sort(np.argsort(-articles.sum(axis=1), kind="stable")[:MOST_SOURCES])
    chosen: list[_Pairs] = []
    tests = short = 0
    for one in told:
        pairs, enough, few = _candidates(one, articles=articles, among=most, lags=lags)
        tests, short = tests + enough, short + few
        if pairs is not None:
            chosen.append(pairs)
    rows = [
        row for pairs in _best(chosen) for row in _tested(pairs, articles=articles, names=names, lags=lags, seed=seed)
    ]
    table = pl.DataFrame(rows, schema={name: kind for name, kind in SCHEMA.items() if name not in ("q_value", "first")})
    adjusted = q_values(table["p_value"].to_numpy(), tests=tests)
    surely = (pl.col("q_value") <= false_discoveries) & (pl.col("lag_low") > 0)
    table = (
        table.with_columns(pl.Series("q_value", adjusted, dtype=pl.Float64))
        .with_columns(pl.when(surely).then("ahead").alias("first"))
        .select(list(SCHEMA))
        .sort("p_value", "task", "label", "ahead", "behind")
    )
    return Lead(table, tests, short, len(most), len(names) - len(most))


def _candidates(told: Told, *, articles: np.ndarray, among: np.ndarray, lags: int) -> tuple[_Pairs | None, int, int]:
    """Pairs worth a test, how many have data enough, and how many do not."""
    of, with_label = articles[among], told.sums[among].sum(axis=1)
    often = (of > 0).sum(axis=1) >= FEWEST
    rows = among[often & (with_label >= FEWEST_TOLD) & (of.sum(axis=1) - with_label >= FEWEST_TOLD)]
    every = len(among) * (len(among) - 1) // 2
    if len(rows) < 2:
        return None, 0, every
    moved = movements(told.sums[rows], articles=articles[rows], spread=told.spread[rows])
    found = candidates(moved, lags=lags, fewest=FEWEST, most=MOST_PAIRS)
    pairs = _Pairs(told, moved, rows, found.one, found.other, found.evidence)
    return pairs, found.tested, every - found.tested


def _best(chosen: Sequence[_Pairs]) -> Iterator[_Pairs]:
    """Of all labels together no more pairs than may be tested."""
    every = np.concatenate([pairs.evidence for pairs in chosen]) if chosen else np.zeros(0)
    bound = np.partition(every, -MOST_PAIRS)[-MOST_PAIRS] if len(every) > MOST_PAIRS else -np.inf
    for pairs in chosen:
        yield pairs.some(pairs.evidence >= bound)


def _tested(
    pairs: _Pairs, *, articles: np.ndarray, names: Sequence[str], lags: int, seed: int
) -> Iterator[dict[str, object]]:
    for one in np.unique(pairs.one).tolist():
        others = pairs.other[pairs.one == one]
        found = p_values(pairs.moved, one=one, others=others, lags=lags, seed=seed)
        for other, p_value in zip(others.tolist(), found.tolist(), strict=True):
            yield _row(pairs, one, other, p_value, articles=articles, names=names, lags=lags, seed=seed)


def _row(
    pairs: _Pairs, one: int, other: int, p_value: float, *, articles: np.ndarray, names: Sequence[str], lags: int,
    seed: int,
) -> dict[str, object]:  # fmt: skip
    moved = pairs.moved
    products = moved.weighted(one) @ lagged(moved.weighted(other), lags=lags)
    lag = int(np.abs(products).argmax()) - lags
    low, high, support = None, None, None
    if p_value <= DOUBTFUL:
        low, high, support = lag_interval(moved, one=one, other=other, lags=lags, best=lag, seed=seed)
    ahead, behind = (pairs.rows[one], pairs.rows[other]) if lag >= 0 else (pairs.rows[other], pairs.rows[one])
    if lag < 0 and low is not None and high is not None:
        low, high = -high, -low
    return {
        "task": pairs.told.task,
        "label": pairs.told.label,
        "ahead": names[ahead],
        "behind": names[behind],
        "lag": abs(lag),
        "lag_low": low,
        "lag_high": high,
        "lag_support": support,
        "association": float(correlations(moved, one=one, other=other, lags=lags)[lag + lags]),
        "p_value": p_value,
        "periods": int(((articles[ahead] > 0) & (articles[behind] > 0)).sum()),
    }
