"""How far the searched values move when the true share does."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.serving.shifts.series import _response


@pytest.mark.parametrize(
    ("means", "moved"),
    [
        (np.eye(3), 1.0),
        ([[0.8, 0.2], [0.4, 0.6]], 0.4),
        ([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8]], (0.5 + 0.45 + 0.7) / 3),
        ([[0.5, 0.5], [0.5, 0.5]], 0.01),
    ],
)
def test_a_classifier_that_errs_moves_its_shares_by_less_than_the_truth(means, moved):
    assert _response(np.array(means)) == pytest.approx(moved)
