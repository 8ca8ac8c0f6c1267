"""Probabilities at a source's own shares follow its true shares better than as they come."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.serving.shifts.changes.posteriors import at_shares, own_shares

TRAINED = np.array([0.9, 0.1])


def probabilities(share: float, *, articles: int, seed: int) -> np.ndarray:
    """Calibrated answers, at the trained shares, of a classifier whose evidence is normal and two apart."""
    rng = np.random.default_rng(seed)
    on = rng.random(articles) < share
    evidence = 2 * on + rng.standard_normal(articles)
    ratio = np.exp(2 * evidence - 2) * TRAINED[1] / TRAINED[0]
    return np.stack([1 / (1 + ratio), ratio / (1 + ratio)], axis=1)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_a_source_s_shares_are_found_where_they_are_not_the_trained_ones(share):
    drawn = probabilities(share, articles=4000, seed=0)
    assert own_shares(drawn, trained=TRAINED)[1] == pytest.approx(share, abs=0.04)
    assert share < 0.2 or drawn[:, 1].mean() < share - 0.06


def test_a_shift_stands_out_further_at_the_source_s_own_shares():
    before, after = (probabilities(share, articles=20_000, seed=1) for share in (0.3, 0.5))

    def contrast(before: np.ndarray, after: np.ndarray) -> float:
        return (after.mean() - before.mean()) / np.sqrt(before.var() + after.var())

    shares = own_shares(np.concatenate([before, after]), trained=TRAINED)
    own = contrast(*(at_shares(p, trained=TRAINED, shares=shares)[:, 1] for p in (before, after)))
    assert own > 1.05 * contrast(before[:, 1], after[:, 1])


def test_at_the_trained_shares_nothing_changes():
    drawn = probabilities(0.2, articles=50, seed=2)
    assert at_shares(drawn, trained=TRAINED, shares=TRAINED) == pytest.approx(drawn, abs=1e-5)
