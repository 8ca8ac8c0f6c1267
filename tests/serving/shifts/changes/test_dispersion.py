"""The noise of a series is told from its shifts, its volumes, and its wild weeks."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.serving.shifts.changes.dispersion import estimate_dispersion, weights
from narrashift.serving.shifts.changes.outliers import drawn_in
from narrashift.serving.shifts.changes.stacked import stacked

from .series import drawn


def test_the_spread_is_found_beside_a_shift_that_is_left_out():
    segments = np.tile(np.arange(80) >= 40, (60, 1)).astype(int)
    for spread in (0.0, 0.02, 0.06):
        counts = drawn(series=60, periods=80, articles=100, spread=spread, shift=0.3, at=40)
        found = estimate_dispersion(stacked(counts), segments=segments).spread
        assert np.median(found) == pytest.approx(spread, abs=0.002 + 0.3 * spread), spread
        assert np.median(estimate_dispersion(stacked(counts)).spread) > spread


def test_lasting_deviations_are_told_from_fresh_ones():
    fresh, lasting = (
        estimate_dispersion(
            stacked(drawn(series=40, periods=100, articles=300, spread=0.05, correlation=a))
        ).correlation.mean()
        for a in (0.0, 0.7)
    )
    assert fresh < 0.2 < 0.5 < lasting


def test_probabilities_vary_less_than_decisions_and_count_for_more():
    rng = np.random.default_rng(0)
    values = rng.beta(1.5, 3.5, size=(30, 40, 50))  # series, periods, articles
    both = np.stack([1 - values, values], axis=3)
    series = stacked(both.sum(axis=2), (both**2).sum(axis=2))
    expected = values.var() / (values.mean() * (1 - values.mean()))
    assert series.within == pytest.approx(np.full(30, expected), rel=0.15)
    assert stacked(both.sum(axis=2)).within == pytest.approx(np.ones(30))
    dispersion = estimate_dispersion(series)
    assert (weights(series, dispersion) > 0.6 / expected).all()


def test_a_week_of_many_articles_does_not_outweigh_all_others_where_weeks_differ():
    counts = drawn(series=1, periods=60, articles=100, spread=0.1)
    counts[0, 30] *= 50
    series = stacked(counts)
    weight = weights(series, estimate_dispersion(series))[0] * series.articles[0]
    assert weight[30] < 1.5 * np.median(weight)


def test_one_wild_week_is_drawn_in_and_a_shift_keeps_its_edge():
    counts = drawn(series=1, periods=40, articles=200, swing=0, level=0.2, shift=0.4, at=20)
    counts[0, 10] = [0, 200]
    series = stacked(counts)
    dispersion = estimate_dispersion(series)
    calm = drawn_in(series, dispersion, shortest=4)
    shares = calm.counts[0, :, 1] / series.articles[0]
    assert shares[10] < 0.6
    assert shares[[18, 19, 20, 21]] == pytest.approx(
        (series.counts[0, :, 1] / series.articles[0])[[18, 19, 20, 21]], abs=0.02
    )
    assert calm.counts.sum(axis=2) == pytest.approx(series.articles)


def test_empty_periods_are_left_out_and_remembered():
    counts = drawn(series=2, periods=12, articles=20, swing=0)
    counts[0, [3, 4]] = 0
    counts[1] = 0
    series = stacked(counts)
    assert series.lengths.tolist() == [10, 0]
    assert series.periods[0].tolist() == [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, -1, -1]
    assert (series.periods[1] == -1).all() and not np.isnan(series.levels).any()


@pytest.mark.parametrize(
    ("counts", "squares"),
    [
        (np.zeros((3, 4)), None),
        (-np.ones((1, 4, 2)), None),
        (np.full((1, 4, 2), np.nan), None),
        (np.ones((1, 4, 2)), np.full((1, 4, 2), 2.0)),
        (np.ones((1, 4, 2)), np.ones((1, 3, 2))),
    ],
)
def test_what_cannot_be_sums_of_values_is_refused(counts, squares):
    with pytest.raises(ValueError):
        stacked(counts, squares)
