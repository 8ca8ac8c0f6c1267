"""A labelled sample of the dump says what the bundle's probabilities mean there."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.serving.shifts.changes.calibration import fit_calibration


def answered(articles: int, *, sure: float, shift: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """True classes, and probabilities that are `sure` times too certain and off by `shift`, in log odds."""
    rng = np.random.default_rng(seed)
    odds = 1.5 * rng.standard_normal(articles)
    true = (rng.random(articles) < 1 / (1 + np.exp(-odds))).astype(int)
    on = 1 / (1 + np.exp(-(sure * odds + shift)))
    return np.stack([1 - on, on], axis=1), true


def test_probabilities_that_are_too_sure_and_too_low_are_set_right():
    probabilities, true = answered(400, sure=2.0, shift=-1.5)
    fresh, truth = answered(5000, sure=2.0, shift=-1.5, seed=1)
    calibration = fit_calibration(probabilities, true)
    right = calibration.applied(fresh)[:, 1]
    for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 1)):
        inside = (right >= low) & (right < high)
        assert right[inside].mean() == pytest.approx(truth[inside].mean(), abs=0.06)
    assert abs(fresh[:, 1].mean() - truth.mean()) > 0.15
    assert calibration.shares == pytest.approx(np.bincount(true) / 400)


def test_few_labelled_passages_move_them_little():
    probabilities, true = answered(10, sure=1.0, shift=0.0, seed=3)
    assert fit_calibration(probabilities, true).slope == pytest.approx(1, abs=0.5)
