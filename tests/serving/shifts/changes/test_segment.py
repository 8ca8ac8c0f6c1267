"""Optimal partitioning finds what PELT finds, and the gain of a split is what two segments cost less than one."""

from __future__ import annotations

import numpy as np
import pytest
import ruptures

from narrashift.serving.shifts.changes.cost import multinomial_cost, split_gains, sums
from narrashift.serving.shifts.changes.segment import partition


class QuasiMultinomial(ruptures.base.BaseCost):
    """The same cost, segment by segment, for ruptures."""

    model = "quasi-multinomial"
    min_size = 1

    def fit(self, signal: np.ndarray) -> QuasiMultinomial:
        self.signal, self.before = signal, sums(signal)
        return self

    def error(self, start: int, end: int) -> float:
        return float(multinomial_cost(self.before[end] - self.before[start]))


def streams(rng: np.random.Generator, series: int, periods: int, classes: int) -> np.ndarray:
    levels = rng.dirichlet(np.full(classes, 2.0), size=(series, 4)).repeat(-(-periods // 4), axis=1)[:, :periods]
    return rng.gamma(1 + 30 * levels) / rng.uniform(0.5, 3, size=(series, 1, 1))


@pytest.mark.parametrize(("classes", "shortest"), [(2, 1), (2, 4), (3, 3)])
def test_the_partition_is_the_one_that_pelt_finds(classes, shortest):
    rng = np.random.default_rng(classes + shortest)
    counts = streams(rng, 20, 40, classes)
    penalty = rng.uniform(1, 30, size=20)
    found = partition(counts, penalty=penalty, shortest=shortest)
    pelt = [
        ruptures.Pelt(custom_cost=QuasiMultinomial(), min_size=shortest, jump=1).fit(c).predict(pen=p)[:-1]
        for c, p in zip(counts, penalty, strict=True)
    ]
    assert [f.tolist() for f in found] == pelt
    assert 20 < sum(map(len, pelt)) < 20 * 40 / shortest


def test_periods_behind_the_end_of_a_series_do_not_count():
    counts = streams(np.random.default_rng(0), 6, 30, 2)
    padded = np.concatenate([counts, np.zeros((6, 9, 2))], axis=1)
    lengths = np.full(6, 30)
    alone = partition(counts, penalty=np.full(6, 5.0), shortest=3)
    assert [a.tolist() for a in partition(padded, penalty=np.full(6, 5.0), shortest=3, lengths=lengths)] == [
        a.tolist() for a in alone
    ]
    gains = split_gains(sums(padded), shortest=3, lengths=lengths)
    assert np.isneginf(gains[:, 28:]).all()
    assert gains[:, :31] == pytest.approx(split_gains(sums(counts), shortest=3))


def test_the_gain_of_a_split_is_what_it_takes_off_the_cost():
    [counts] = streams(np.random.default_rng(1), 1, 12, 3)
    gains = split_gains(sums(counts), shortest=2)
    for at in range(2, 11):
        apart = multinomial_cost(counts[:at].sum(axis=0)) + multinomial_cost(counts[at:].sum(axis=0))
        assert gains[at] == pytest.approx(multinomial_cost(counts.sum(axis=0)) - apart)
    assert np.isneginf(gains[[0, 1, 11, 12]]).all()
