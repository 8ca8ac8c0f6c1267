"""Growth: found where it was planted, not where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.serving.shifts.emerging.growth import find_growth, restlessness

PERIODS = 40


def drawn(rng: np.random.Generator, *, clusters: int, spread: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Counts of clusters that never grow, each period's rate varying, and what is to be expected."""
    volume = rng.integers(20, 80, PERIODS).astype(float)
    sizes = rng.integers(8, 60, clusters)
    factors = rng.gamma(1 / spread, spread, (clusters, PERIODS)) if spread else np.ones((clusters, PERIODS))
    rates = volume * factors
    counts = np.array([rng.multinomial(n, own / own.sum()) for n, own in zip(sizes, rates, strict=True)], dtype=float)
    return counts, sizes[:, None] * volume / volume.sum()


@pytest.mark.parametrize("spread", [None, 0.5, 2.0])
def test_clusters_that_never_grow_seldom_seem_to(spread):
    counts, expected = drawn(np.random.default_rng(1), clusters=120, spread=spread)
    found = find_growth(counts, expected, seed=0)
    p_values = np.array([one.p_value if one else 1.0 for one in found])
    assert (p_values < 0.05).mean() < 0.12
    assert sum(one is not None and one.q_value <= 0.1 for one in found) == 0
    assert restlessness(counts, expected) == pytest.approx(spread or 0.05, abs=0.2 * (spread or 0.5))


def test_a_planted_story_is_found_at_its_week_and_after_three_weeks():
    counts, expected = drawn(np.random.default_rng(2), clusters=60, spread=0.5)
    counts[0] = 0
    counts[0, -3:] = [2, 3, 4]
    expected[0] = 9 * expected[0] / expected[0].sum()
    growth = find_growth(counts, expected, seed=0)[0]
    assert (growth.begins, growth.ends) == (PERIODS - 3, PERIODS)
    assert growth.q_value < 0.05 and growth.before == 0 and growth.within == 9 and growth.times > 20


def test_what_a_source_always_told_is_no_growth_when_it_begins_to_publish():
    counts, expected = np.zeros((1, PERIODS)), np.zeros((1, PERIODS))
    counts[0, 20:] = expected[0, 20:] = 2
    assert find_growth(counts, expected, seed=0) == [None]
