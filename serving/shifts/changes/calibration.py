"""Probabilities as labelled passages of the dump say they should be, for series that are searched for changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

SLOPE_WIDTH = 0.5
OFFSET_WIDTH = 1.0
"""Standard deviations of the priors, about 1 and 0: few labelled passages move probabilities little."""


@dataclass(frozen=True)
class Calibration:
    """A slope for all log probabilities and an offset for each class's, ``(K,)``.

    Attributes:
        shares: ``(K,)``: of the classes among the labelled passages, where the probabilities are calibrated now.
    """

    slope: float
    offsets: np.ndarray
    shares: np.ndarray

    def applied(self, probabilities: np.ndarray) -> np.ndarray:
        """``(passages, K)``, rows sum to 1."""
        return softmax(self.slope * _logs(probabilities) + self.offsets, axis=1)


def fit_calibration(probabilities: np.ndarray, true: np.ndarray) -> Calibration:
    """Slope and offsets that make the true classes likeliest (Platt 1999; Guo et al. 2017, section 4.2).

    Args:
        probabilities: ``(passages, K)`` of labelled passages.
        true: ``(passages,)`` int: their classes; each occurs.
    """
    logs, rows = _logs(probabilities), np.arange(len(true))

    def loss(at: np.ndarray) -> float:
        fit = log_softmax(at[0] * logs + at[1:], axis=1)[rows, true].sum()
        return float(0.5 * ((at[0] - 1) / SLOPE_WIDTH) ** 2 + 0.5 * ((at[1:] / OFFSET_WIDTH) ** 2).sum() - fit)

    classes = probabilities.shape[1]
    found = minimize(
        loss, np.append(1.0, np.zeros(classes)), method="L-BFGS-B", bounds=[(0.1, 5)] + [(-5, 5)] * classes
    )
    return Calibration(float(found.x[0]), found.x[1:], np.bincount(true, minlength=classes) / len(true))


def _logs(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, 1e-6))
