"""Tails, permutations, false discovery rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from narrashift.serving.shifts.changes.cost import split_gains, sums
from narrashift.serving.shifts.changes.discovery import q_values
from narrashift.serving.shifts.changes.permute import block_length, permutation_p_value
from narrashift.serving.shifts.changes.tail import exceedance, threshold
from narrashift.serving.shifts.changes.volume import find_volume_changes

from .series import drawn


def test_a_rare_exceedance_is_read_off_the_tail():
    largest = np.random.default_rng(0).gumbel(10, 2, size=300)
    rare = 10 - 2 * np.log(-np.log1p(-1e-4))
    assert threshold(largest, probability=1e-4) == pytest.approx(rare, rel=0.15)
    for probability in (0.5, 0.1, 1e-3, 1e-6):
        assert exceedance(largest, gain=threshold(largest, probability=probability)) == pytest.approx(
            probability, rel=0.1, abs=0.005
        )


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1), max_size=20), st.integers(0, 30))
def test_q_values_are_those_of_benjamini_and_hochberg(p_values, others):
    p = np.array(p_values)
    every = np.append(p, np.ones(others))
    expected = false_discovery_control(every)[: len(p)] if len(every) else p
    assert q_values(p, tests=len(every)) == pytest.approx(expected)


def test_fewer_tests_than_findings_are_refused():
    with pytest.raises(ValueError, match="3 findings of 2 tests"):
        q_values(np.array([0.1, 0.2, 0.3]), tests=2)


def p_value(counts: np.ndarray, *, block: int = 1) -> float:
    gains = split_gains(sums(counts), shortest=4)
    split = int(gains.argmax())
    return permutation_p_value(
        counts, gain=float(gains[split]), split=split, shortest=4, block=block, permutations=199, seed=0
    )


def test_p_values_of_chance_are_uniform_and_of_a_shift_small():
    chance = np.array([p_value(c) for c in drawn(series=120, periods=40, articles=50)])
    assert 0.3 < np.median(chance) < 0.7 and 0.02 < np.mean(chance < 0.1) < 0.2
    shifted = drawn(series=10, periods=40, articles=50, shift=0.25, at=20)
    assert max(p_value(c) for c in shifted) < 1e-3


def test_blocks_keep_lasting_noise_from_looking_like_a_shift():
    counts = drawn(series=120, periods=60, articles=200, spread=0.1, correlation=0.6)
    single, blocks = (np.mean([p_value(c, block=b) < 0.05 for c in counts]) for b in (1, block_length(correlation=0.6)))
    assert blocks < 0.6 * single


def test_a_p_value_is_no_smaller_than_so_few_periods_allow():
    counts = np.array([[50.0, 0.0]] * 4 + [[0.0, 50.0]] * 4)
    assert p_value(counts) >= 1 / 70


def test_a_doubled_volume_is_found_and_a_steady_one_left_alone():
    rng = np.random.default_rng(0)
    factor = np.where(np.arange(70) < 40, 1.0, 2.5)
    restless = np.exp(0.2 * rng.standard_normal((30, 70)))
    found = find_volume_changes(rng.poisson(40 * restless * factor), periods_per_year=52.18)
    assert sum(len(own) == 1 and abs(own[0].period - 40) <= 1 for own in found) >= 25
    assert np.median([own[0].after / own[0].before for own in found if own]) == pytest.approx(2.5, rel=0.1)
    steady = find_volume_changes(rng.poisson(40 * restless), periods_per_year=52.18)
    assert sum(map(len, steady)) <= 5
    assert find_volume_changes(np.ones((2, 5)), periods_per_year=52.18) == [(), ()]
