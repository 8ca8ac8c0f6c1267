"""Bayes factors are those of the covariance written out, and a change is believed where one level explains less."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from narrashift.serving.shifts.changes.believed import Believer, best_date
from narrashift.serving.shifts.changes.dispersion import CELLS
from narrashift.serving.shifts.changes.marginal import STEP, marginal
from narrashift.serving.shifts.changes.stacked import stacked

from .series import drawn

FLAT = 1e4
"""Variance that stands for a flat prior of the level."""


def written_out(
    values: np.ndarray, articles: np.ndarray, *, spread: float, correlation: float, at: int | None
) -> float:
    """Log likelihood of a series by its whole covariance matrix."""
    periods = np.arange(len(values))
    lasting = spread * correlation ** np.abs(periods[:, None] - periods)
    covariance = np.diag(1 / articles) + lasting + FLAT
    if at is not None:
        covariance = covariance + STEP**2 * np.outer(periods >= at, periods >= at)
    return sum(multivariate_normal(cov=covariance).logpdf(one) for one in values.T)


def test_marginal_likelihoods_are_those_of_the_covariance_written_out():
    rng = np.random.default_rng(0)
    articles = rng.uniform(5, 60, size=30)
    values = 0.3 * rng.standard_normal((30, 2)) + 0.4 * (np.arange(30) >= 12)[:, None]
    padded = np.zeros((1, 37, 2)), np.zeros((1, 37))
    padded[0][0, :30], padded[1][0, :30] = values, articles
    found = marginal(*padded)
    cells = [i for i, (spread, correlation) in enumerate(CELLS) if spread and spread < 0.1 and correlation in (0, 0.6)]
    levels = []
    for cell in cells:
        options = {"spread": CELLS[cell, 0], "correlation": CELLS[cell, 1]}
        one = written_out(values, articles, **options, at=None)
        levels.append(one)
        for at in (4, 12, 26):
            step = written_out(values, articles, **options, at=at) - one
            assert found.step[0, cell, at] == pytest.approx(step, abs=0.02)
    assert found.level[0, cells] - found.level[0, cells[0]] == pytest.approx(np.array(levels) - levels[0], abs=0.02)


def believed(counts: np.ndarray, candidates: list[list[int]], *, bound: float = 2.5):
    series = stacked(counts)
    return Believer(series, shortest=4, level=0.95).believed(candidates, bounds=np.full(len(series), bound))


def test_proposals_that_noise_explains_are_dropped_and_the_others_kept_and_dated():
    counts = drawn(series=6, periods=80, articles=100, shift=0.25, at=30)
    counts[:, 50:] = drawn(series=6, periods=30, articles=100, seed=1)
    for changes in believed(counts, [[14, 31, 40, 49, 66]] * 6):
        assert [abs(change.split - at) <= 1 for change, at in zip(changes, (30, 50), strict=True)] == [True, True]
        assert all(change.low <= change.split <= change.high for change in changes)


def test_a_change_is_found_without_a_proposal_and_wandering_is_none():
    shifted = drawn(series=20, periods=80, articles=60, shift=0.2, at=40)
    assert sum(len(found) == 1 and abs(found[0].split - 40) <= 2 for found in believed(shifted, [[]] * 20)) >= 18
    restless = drawn(series=60, periods=80, articles=60, spread=0.03, correlation=0.6)
    assert sum(map(bool, believed(restless, [[]] * 60))) <= 4


@pytest.mark.parametrize(
    ("where", "date"),
    [
        ([0, 0, 0.9, 0.1, 0, 0], 2),
        ([0.02, 0, 0.96, 0.02, 0, 0], 2),  # nearly sure: no neighbour takes its place
        ([0.36, 0, 0, 0.2, 0.24, 0.2], 4),  # the likeliest week stands alone, three others together are likelier
        ([0, 0, 0.5, 0, 0.5, 0], 2),  # week 3 would be near both, but cannot hold the change
    ],
)
def test_a_date_is_where_it_and_its_neighbours_are_likely(where, date):
    assert best_date(np.array(where)) == date


def test_too_few_periods_hold_no_change():
    assert believed(drawn(series=1, periods=7, articles=900, shift=0.5, at=4), [[]]) == [[]]
