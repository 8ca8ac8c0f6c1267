"""Shifts are found where they are, and no oftener elsewhere than was asked."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.serving.shifts.changes.search import FALSE_ALARMS, find_changes
from narrashift.serving.shifts.changes.segment import partition

from .series import drawn

WEEKS = 52.18


def search(counts: np.ndarray, **options):
    """Seven series a source."""
    options = {"periods_per_year": WEEKS, "source": np.arange(len(counts)) // 7, **options}
    return find_changes(counts=counts, **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spread", "correlation", "articles"), [(0.0, 0.0, 12), (0.0, 0.0, 60), (0.01, 0.4, 60), (0.02, 0.0, 150)]
)
def test_false_alarms_come_about_as_often_as_was_asked(spread, correlation, articles):
    counts = drawn(series=280, periods=60, articles=articles, spread=spread, correlation=correlation, seed=3)
    counts[::9, 25, 1] += articles  # reprints: one article many times in one week
    alarms = sum(len(found.changes) for found in search(counts, false_alarms=FALSE_ALARMS["high"]))
    source_years = 40 * 60 / WEEKS
    assert alarms / source_years <= 2 * FALSE_ALARMS["high"]


def test_a_fixed_penalty_takes_restless_weeks_for_shifts_and_the_simulated_one_does_not():
    counts = drawn(series=70, periods=60, articles=150, spread=0.03)
    bic = partition(counts, penalty=np.full(70, 2 * np.log(60)), shortest=4)
    assert np.mean([len(found) > 0 for found in bic]) > 0.3
    assert np.mean([len(own.changes) > 0 for own in search(counts)]) < 0.05


def test_a_shift_is_found_dated_and_measured():
    found = search(drawn(series=42, periods=60, articles=60, level=0.3, shift=0.2, at=33, spread=0.004))
    [*changes] = [change for own in found for change in own.changes]
    assert sum(any(abs(c.period - 33) <= 1 for c in own.changes) for own in found) >= 36
    assert np.mean([c.low <= 33 <= c.high for c in changes]) >= 0.85
    assert np.median([c.after[1] - c.before[1] for c in changes]) == pytest.approx(0.2, abs=0.03)
    assert np.median([c.q_value for c in changes]) < 0.001
    assert {own.verdict for own in found} == {"shift"}
    assert all(c.low <= c.period <= c.high and c.begins < c.period < c.ends for c in changes)


def test_a_campaign_that_ends_is_two_changes():
    counts = drawn(series=14, periods=70, articles=100, shift=0.25, at=30)
    counts[:, 45:] = drawn(series=14, periods=25, articles=100, seed=1)
    found = search(counts)
    both = [
        own
        for own in found
        if len(own.changes) == 2 and abs(own.changes[0].period - 30) <= 1 and abs(own.changes[1].period - 45) <= 1
    ]
    assert len(both) >= 12
    assert both[0].changes[0].ends == both[0].changes[1].period


def test_changes_that_crowd_are_each_tested_between_their_neighbours():
    levels = np.where(np.arange(72) // 9 % 2 == 0, 0.1, 0.8)
    on = np.random.default_rng(0).binomial(40, levels, size=(14, 72))
    for own in search(np.stack([40 - on, on], axis=2).astype(float)):
        assert [change.period for change in own.changes] == list(range(9, 72, 9))
        assert [change.begins for change in own.changes] == list(range(0, 63, 9))
        assert all(change.p_value < 0.1 for change in own.changes)


def test_a_higher_sensitivity_asks_for_less():
    counts = drawn(series=7, periods=60, articles=40)
    low, medium, high = (
        np.array([own.threshold for own in search(counts, false_alarms=FALSE_ALARMS[s])])
        for s in ("low", "medium", "high")
    )
    assert (low > medium).all() and (medium > high).all()


def test_empty_weeks_move_no_date():
    counts = drawn(series=7, periods=60, articles=150, shift=0.3, at=30)
    counts[:, [5, 6, 28, 40]] = 0
    assert {c.period for own in search(counts) for c in own.changes} <= {29, 30, 31}


def test_a_series_that_could_show_nothing_says_what_it_would_take():
    few, many = drawn(series=7, periods=30, articles=3), drawn(series=7, periods=30, articles=200)
    lacking = search(few)
    assert all(own.verdict == "insufficient data" and own.power < 0.8 for own in lacking)
    assert 10 < np.median([own.articles_needed or np.inf for own in lacking]) < 100
    assert {own.verdict for own in search(many)} == {"no shift"}
    restless = search(drawn(series=7, periods=24, articles=300, spread=0.25, correlation=0.5))
    assert any(own.verdict == "insufficient data" and own.articles_needed is None for own in restless)
    for own in search(drawn(series=7, periods=6, articles=300)):
        assert (own.verdict, own.articles_needed, own.changes) == ("insufficient data", None, ())


def test_three_classes_and_two_are_searched_together():
    rng = np.random.default_rng(0)
    stance = np.zeros((8, 50, 3))
    for t in range(50):
        stance[0, t] = rng.multinomial(80, [0.6, 0.3, 0.1] if t < 20 else [0.35, 0.3, 0.35])
    stance[1:, :, :2] = drawn(series=7, periods=50, articles=80)
    together = search(stance, source=np.zeros(8, dtype=int))
    [change] = together[0].changes
    assert abs(change.period - 20) <= 1 and change.after[2] == pytest.approx(0.35, abs=0.04)


def test_what_is_found_does_not_depend_on_other_sources_or_threads():
    counts = drawn(series=21, periods=40, articles=60, shift=0.2, at=22)
    alone = search(counts[:7], threads=1)
    among = search(counts, threads=3)[:7]
    assert [own.threshold for own in alone] == [own.threshold for own in among]
    assert [[c.period for c in own.changes] for own in alone] == [[c.period for c in own.changes] for own in among]


def test_nothing_and_a_series_without_a_single_article_are_searched():
    assert search(np.zeros((0, 10, 2))) == []
    [own] = search(np.zeros((1, 10, 2)))
    assert own.verdict == "insufficient data" and own.changes == ()
    constant = np.zeros((1, 40, 2))
    constant[:, :, 0] = 30
    assert search(constant)[0].changes == ()
