"""The detector: its likelihood ratio, the alarms it raises without a shift, and what it does not take for one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from narrashift.serving.shifts.changes.cost import sums
from narrashift.serving.shifts.changes.dispersion import CELLS
from narrashift.serving.shifts.watching.calibration import Tail, calibrate, common_noise, restless_half
from narrashift.serving.shifts.watching.detector import LEARN, WINDOWS, latest_gains, rests_on_several


def weeks(on: list[float], each: float = 50) -> np.ndarray:
    return np.array([[each - k, k] for k in on], dtype=float)


def test_the_gain_is_the_largest_likelihood_ratio_over_the_windows():
    rng = np.random.default_rng(0)
    counts = weeks(rng.binomial(50, 0.3, 20).tolist())

    def fit(part: np.ndarray) -> float:
        on, n = part[:, 1].sum(), part.sum()
        return float(binom.logpmf(part[:, 1], 50, on / n).sum())

    expected = [
        max(
            2 * (fit(counts[: end - w]) + fit(counts[end - w : end]) - fit(counts[:end]))
            for w in WINDOWS
            if end - w >= LEARN
        )
        for end in range(LEARN + WINDOWS[0], 21)
    ]  # fmt: skip
    found = latest_gains(sums(counts), ends=np.arange(LEARN + WINDOWS[0] - 1, 21))
    assert found[0] == -np.inf
    assert found[1:] == pytest.approx(expected, abs=1e-6)


def test_a_longer_run_length_takes_a_larger_gain_shared_by_the_series_of_a_source():
    tail = Tail(start=5.0, excess=2.0)
    bounds = [tail.threshold(years=y, periods_per_year=52.18, members=m) for y, m in ((5, 1), (20, 1), (20, 18))]
    assert bounds == sorted(bounds) and bounds[0] >= 5
    # one alarm in 18 x 20 years is one in 360 of a single series; its chance within 52 of 52.18 weeks:
    assert tail.chance(bounds[2]) == pytest.approx(52 / 52.18 / 360, rel=0.01)


def test_series_without_a_shift_pass_the_bound_about_as_often_as_stated():
    """60 series that are known to be independent, over a year."""
    rng, noise = np.random.default_rng(1), common_noise(classes=2, seed=0)
    posterior = np.zeros(len(CELLS))
    posterior[0] = 1.0  # known to be independent
    tail = calibrate(
        np.array([0.7, 0.3]), articles=np.full(52, 50.0), within=1.0, spread=0.0, posterior=posterior, noise=noise
    )
    assert tail is not None
    drawn = np.stack([weeks(rng.binomial(50, 0.3, 104).tolist()) for _ in range(60)])
    largest = latest_gains(sums(drawn), ends=np.arange(53, 105)).max(axis=1)
    bound = tail.start  # exceeded by `TAIL` of all
    assert 2 <= (largest > bound).sum() <= 18  # 9 are due


def test_the_quieter_half_of_what_the_noise_may_be_is_left_out():
    posterior = np.full(len(CELLS), 1 / len(CELLS))
    kept = restless_half(posterior)
    lasting = CELLS[:, 0] * (1 + CELLS[:, 1]) / (1 - CELLS[:, 1])
    assert kept.sum() == pytest.approx(1) and (kept >= 0).all()
    assert kept @ lasting > posterior @ lasting
    assert lasting[kept > 0].min() >= np.median(lasting) - 1e-9


def test_one_wild_week_is_no_new_level_and_three_alike_are():
    calm = [15] * 20
    assert not rests_on_several(weeks([*calm, 15, 15, 45]), bound=20)
    assert rests_on_several(weeks([*calm, 33, 35, 34]), bound=20)
