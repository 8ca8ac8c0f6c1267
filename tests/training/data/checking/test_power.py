"""Simulated intervals are as wide as those that the bootstrap finds on such a test set."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.training.data.checking.finding import Finding
from narrashift.training.data.checking.power import check_power, interval_widths
from narrashift.training.measuring.metrics import f1

SHARES = np.array([0.2, 0.25, 0.55])


def bootstrapped(passages: int, *, seed: int) -> np.ndarray:
    """Widths of the labels' intervals and of macro-F1's for one drawn test set and model: ``(leaves + 1,)``."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, passages, p=SHARES)
    wrong = np.array([rng.choice(3, p=np.where(np.arange(3) == k, 0, SHARES) / (1 - SHARES[k])) for k in truth])
    decided = np.where(rng.random(passages) < 0.7, truth, wrong)
    weights = rng.multinomial(passages, np.full(passages, 1 / passages), size=500).astype(float)
    values = np.stack([f1(weights, truth == k, decided == k) for k in range(3)])
    spread = np.concatenate([values, values.mean(axis=0, keepdims=True)])
    return np.diff(np.percentile(spread, [2.5, 97.5], axis=1), axis=0)[0]


def test_widths_are_those_of_the_bootstrap():
    measured = np.mean([bootstrapped(300, seed=seed) for seed in range(8)], axis=0)
    expected = interval_widths(SHARES, passages=300, single=True)
    np.testing.assert_allclose([*expected.labels, expected.macro], measured, rtol=0.12)


def test_four_times_the_passages_halve_the_width_and_a_label_that_never_occurs_has_none():
    few, many = (interval_widths(np.array([0.1, 0.0]), passages=n, single=False) for n in (500, 2_000))
    assert many.macro == pytest.approx(few.macro / 2, rel=0.1)
    assert np.isnan(few.labels[1])


def test_a_small_corpus_is_told_how_many_test_passages_it_would_take(material):
    rows = [
        {"text": f"passage {i}", "stance": ("neutral", "neutral", "pro_russia")[i % 3], "frame": [], "technique": []}
        for i in range(200)
    ]
    finding, table = [one for one in check_power(material(rows)) if isinstance(one, Finding) or one.rows][:2]
    assert finding.severity == "doubtful"
    assert "macro-F1 on 30 test passages" in finding.text
    halving = int(table.rows[0][4].replace(",", ""))
    assert 90 <= halving <= 180, "about four times as many"
