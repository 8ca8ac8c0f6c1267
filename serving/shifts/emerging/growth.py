"""Whether there is more of a cluster in some stretch of periods than its past explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..changes.discovery import q_values

LENGTHS = (1, 2, 3, 4, 6, 8, 13, 26, 52)
"""Periods of a stretch; the one up to the end is looked at as well."""
REPLICATES = 499
LEAST_PAST = 3.0
"""Articles of a cluster to be expected before a stretch, if it had always been as frequent: else its past says nothing.
"""
RESTLESS = 0.05, 4.0
"""Bounds of the variance of a period's rate beyond chance, relative to the squared rate."""


@dataclass(frozen=True)
class Growth:
    """The stretch in which a cluster rose most above its past, and how surely it did.

    Attributes:
        begins, ends: periods of the run, the last one exclusive.
        before, within: articles before the stretch and in it.
        times: the rate within, in rates before; with half an article added to each.
        p_value: that a cluster whose share of each source never changed shows such a stretch anywhere.
        q_value: adjusted over all clusters (Benjamini and Hochberg).
    """

    begins: int
    ends: int
    before: float
    within: float
    times: float
    p_value: float
    q_value: float


def find_growth(counts: np.ndarray, expected: np.ndarray, *, seed: int) -> list[Growth | None]:
    """Each cluster's growth; None where it has no past to grow from, or never rose above it.

    The likelihood ratio of one rate in a stretch and another, smaller one in all periods before it, the largest over
    all stretches (Kulldorff 1997, "A spatial scan statistic", in time alone). Its distribution without growth is
    simulated: each cluster's articles fall on periods as its sources publish, times a gamma factor for each period, as
    restless as the clusters of the run are. p-values are those of a Gumbel distribution fitted to the simulated
    maxima (Abrams, Kulldorff and Kleinman 2010).

    Args:
        counts: ``(clusters, periods)``, articles.
        expected: the same, if every source had told of the cluster always alike; rows add up to those of `counts`.
    """
    if not len(counts):
        return []
    rng = np.random.default_rng(seed)
    spread = restlessness(counts, expected)
    found: list[tuple[float, int, int]] = []
    p_values = np.ones(len(counts))
    for row, (own, usual) in enumerate(zip(counts, expected, strict=True)):
        best, begins, ends = _scan(own[None], usual)
        found.append((float(best[0]), int(begins[0]), int(ends[0])))
        if best[0] > 0:
            maxima, _, _ = _scan(_simulated(own.sum(), usual, spread=spread, rng=rng), usual)
            p_values[row] = _gumbel_tail(float(best[0]), maxima)
    adjusted = q_values(p_values, tests=len(p_values))
    return [
        _growth(own, usual, begins=begins, ends=ends, p_value=float(p), q_value=float(q)) if best > 0 else None
        for own, usual, (best, begins, ends), p, q in zip(counts, expected, found, p_values, adjusted, strict=True)
    ]


def restlessness(counts: np.ndarray, expected: np.ndarray) -> float:
    """Variance of the clusters' rates from one period to the next beyond chance, relative to the squared rate.

    A method-of-moments estimate from first differences, pooled over clusters: a step in a series touches one of them.

    Args:
        counts, expected: as in `find_growth`.
    """
    one, other = counts[:, 1:], counts[:, :-1]
    usual_one, usual_other = expected[:, 1:], expected[:, :-1]
    both = usual_one * usual_other
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = (one * usual_other - other * usual_one) ** 2 - usual_other**2 * one - usual_one**2 * other
        excess = np.where(both > 0, excess / both, 0.0)
    least, most = RESTLESS
    return float(np.clip(excess.sum() / max(2 * both.sum(), 1e-9), least, most))


def _windows(periods: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """First periods and ends of all stretches of one length; those of any length that last to the end come last."""
    for length in (length for length in LENGTHS if length < periods):
        begins = np.arange(1, periods - length + 1)
        yield begins, begins + length
    begins = np.arange(1, periods)
    yield begins, np.full(len(begins), periods)


def _scan(counts: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The largest log-likelihood ratio of each series and its stretch; 0 where none lies above its past.

    Args:
        counts: ``(series, periods)``.
        expected: ``(periods,)``.
    """
    periods = counts.shape[1]
    told = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(counts, axis=1)], axis=1)
    usual = np.concatenate([[0.0], np.cumsum(expected)])
    best = np.zeros(len(counts))
    first, last = np.zeros(len(counts), int), np.zeros(len(counts), int)
    for begins, ends in _windows(periods):
        past, inside = usual[begins], usual[ends] - usual[begins]
        fair = (past >= LEAST_PAST) & (inside > 0)
        begins, ends, past, inside = begins[fair], ends[fair], past[fair], inside[fair]
        if not len(begins):
            continue
        before, within = told[:, begins], told[:, ends] - told[:, begins]
        total = before + within
        share = inside / (past + inside)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(within > 0, within * np.log(within / (total * share)), 0.0)
            ratio += np.where(before > 0, before * np.log(before / (total * (1 - share))), 0.0)
        ratio = np.where(within > total * share, ratio, 0.0)
        at = ratio.argmax(axis=1)
        value = ratio[np.arange(len(counts)), at]
        better = value > best
        best, first, last = (
            np.where(better, new, old) for new, old in ((value, best), (begins[at], first), (ends[at], last))
        )
    return best, first, last


def _simulated(articles: float, expected: np.ndarray, *, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Series of that many articles without growth: ``(replicates, periods)``."""
    rates = expected * rng.gamma(1 / spread, spread, size=(REPLICATES, len(expected)))
    total = rates.sum(axis=1, keepdims=True)
    rates = np.where(total > 0, rates / np.where(total > 0, total, 1), expected / expected.sum())
    return rng.multinomial(round(articles), rates).astype(float)


def _gumbel_tail(value: float, maxima: np.ndarray) -> float:
    scale = max(maxima.std() * np.sqrt(6) / np.pi, 1e-9)
    place = maxima.mean() - np.euler_gamma * scale
    return float(-np.expm1(-np.exp(-(value - place) / scale)))


def _growth(own: np.ndarray, usual: np.ndarray, *, begins: int, ends: int, p_value: float, q_value: float) -> Growth:
    before, within = float(own[:begins].sum()), float(own[begins:ends].sum())
    past, inside = usual[:begins].sum(), usual[begins:ends].sum()
    times = (within + 0.5) / (inside + 0.5) / ((before + 0.5) / (past + 0.5))
    return Growth(begins, ends, before, within, float(times), p_value, q_value)
