"""Alpha against the published example, against a draw by hand, and with missing answers."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.training.data.agreement.alpha import alpha, alpha_with_interval, count_values, masi, nominal

X = 0
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
        [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
    ]
) - 1  # fmt: skip
"""Four observers, twelve units; -1 missing: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", C."""


def test_alpha_is_that_of_the_published_example():
    counts = count_values(PUBLISHED, kinds=5)
    assert alpha(counts, distance=nominal(5))[0] == pytest.approx(0.743, abs=5e-4)


def test_agreement_is_1_chance_is_0_and_one_label_throughout_tells_nothing():
    rng = np.random.default_rng(0)
    one = rng.integers(0, 3, (1, 4_000))
    same, chance = np.concatenate([one, one]), np.concatenate([one, rng.permutation(one[0])[None]])
    assert alpha(count_values(same, kinds=3), distance=nominal(3))[0] == 1.0
    assert alpha(count_values(chance, kinds=3), distance=nominal(3))[0] == pytest.approx(0, abs=0.05)
    assert np.isnan(alpha(count_values(np.zeros((2, 9), int), kinds=3), distance=nominal(3))[0])


def test_the_interval_is_that_of_drawing_passages_one_by_one():
    rng = np.random.default_rng(1)
    first = rng.integers(0, 2, 150)
    values = np.stack([first, np.where(rng.random(150) < 0.2, 1 - first, first)])
    figure = alpha_with_interval(count_values(values, kinds=2), distance=nominal(2))
    drawn = (values[:, rng.integers(0, 150, 150)] for _ in range(600))
    spread = [alpha(count_values(own, kinds=2), distance=nominal(2))[0] for own in drawn]
    np.testing.assert_allclose([figure.lo, figure.hi], np.percentile(spread, [2.5, 97.5]), atol=0.03)
    assert figure.lo < figure.value < figure.hi


def test_masi_ranks_equal_subset_overlap_disjoint():
    sets = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=bool)
    distances = masi(sets)[0]
    np.testing.assert_allclose(distances, [0, 1 - 1 / 2 * 2 / 3, 1 - 1 / 3 * 1 / 3, 1, 1])
    np.testing.assert_allclose(masi(sets), masi(sets).T)
    assert masi(sets)[4, 4] == 0
