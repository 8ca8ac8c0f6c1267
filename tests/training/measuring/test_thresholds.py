"""Thresholds fitted on validation passages."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import f1_score

from narrashift.training.measuring.thresholds import GRID, fit_thresholds


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def labelled(rng):
    """`labelled(n)`: calibrated probabilities of ten labels, half of them rare, and what is true."""

    def draw(passages: int) -> tuple[np.ndarray, np.ndarray]:
        probs = expit(rng.normal(loc=[0.0, -1.0, -1.0, -1.5, -2.0, -3.0, -3.0, -3.5, -3.5, -4.0], size=(passages, 10)))
        return probs, rng.random(probs.shape) < probs

    return draw


def one_threshold(probs: np.ndarray, truth: np.ndarray, **options) -> float:
    return float(fit_thresholds(probs[:, None], truth[:, None], **options)[0])


def test_the_threshold_beats_one_half_where_probabilities_are_low(rng):
    truth = rng.random(1_000) < 0.1
    probs = np.clip(np.where(truth, 0.3, 0.1) + rng.normal(scale=0.08, size=1_000), 0, 1)
    threshold = one_threshold(probs, truth)
    best = max(f1_score(truth, probs >= t) for t in GRID)
    assert f1_score(truth, probs >= threshold) > 0.98 * best
    assert 0.15 < threshold < 0.35


def test_the_threshold_of_a_clean_gap_lies_in_the_middle_of_it():
    probs = np.array([0.1, 0.2] * 20 + [0.8, 0.9] * 20)
    assert one_threshold(probs, probs > 0.5) == pytest.approx(0.5, abs=0.03)


def test_a_label_never_seen_has_the_others_threshold_and_one_seen_often_its_own(rng):
    often = rng.random(2_000) < 0.3
    probs = np.stack([np.where(often, 0.9, 0.7), np.where(often, 0.3, 0.1), np.full(2_000, 0.5)], axis=1)
    first, second, never = fit_thresholds(probs, np.stack([often, often, np.zeros(2_000, dtype=bool)], axis=1))
    assert 0.7 < first <= 0.9 and 0.1 < second <= 0.3
    assert min(first, second) <= never <= max(first, second)


def test_nothing_true_leaves_one_half(rng):
    assert fit_thresholds(rng.random((40, 3)), np.zeros((40, 3), dtype=bool)).tolist() == [0.5, 0.5, 0.5]


def test_each_goal_has_the_higher_f1_of_its_kind(labelled):
    """On passages that the thresholds were not fitted on, as the mean of some draws."""
    gain = {"macro": [], "micro": []}
    for _ in range(6):
        seen, new = labelled(150), labelled(3_000)
        on = {goal: new[0] >= fit_thresholds(*seen, goal=goal) for goal in ("macro", "micro")}
        for goal, other in (("macro", "micro"), ("micro", "macro")):
            own, its = (f1_score(new[1], on[one], average=goal, zero_division=0) for one in (goal, other))
            gain[goal].append(own - its)
    assert np.mean(gain["macro"]) > 0.02
    assert np.mean(gain["micro"]) > 0.01


def test_few_passages_lose_little_of_the_macro_f1_that_many_give(labelled):
    few, many, new = labelled(100), labelled(5_000), labelled(5_000)
    found, best = (f1_score(new[1], new[0] >= fit_thresholds(*part), average="macro") for part in (few, many))
    assert found > 0.9 * best


def test_the_same_seed_gives_the_same_thresholds(labelled):
    seen = labelled(100)
    assert fit_thresholds(*seen, seed=1).tolist() == fit_thresholds(*seen, seed=1).tolist()


def test_a_label_weighted_down_is_given_less_often(rng):
    truth = rng.random(2_000) < 0.3
    probs = expit(np.where(truth, 0.8, -0.8) + rng.normal(size=2_000))
    weights = np.where(truth, 0.1, 1.0)
    rarer = one_threshold(probs, truth, weights=weights)
    assert rarer > one_threshold(probs, truth) + 0.1
    best = max(GRID, key=lambda t: f1_score(truth, probs >= t, sample_weight=weights))
    assert rarer == pytest.approx(best, abs=0.1)
