"""Probabilities as they would be if labels were as frequent in a source as they are, not as in the training corpus."""

from __future__ import annotations

import numpy as np

STEPS = 30


def own_shares(probabilities: np.ndarray, *, trained: np.ndarray) -> np.ndarray:
    """Shares of the classes in a source, by the EM of Saerens, Latinne & Decaestecker (2002).

    Args:
        probabilities: ``(articles, classes)``, rows sum to 1.
        trained: ``(classes,)``: the classes' shares where the probabilities are calibrated.
    """
    shares = np.asarray(trained, dtype=np.float64)
    for _ in range(STEPS):
        shares = at_shares(probabilities, trained=trained, shares=shares).mean(axis=0)
    return shares


def at_shares(probabilities: np.ndarray, *, trained: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The probabilities at other shares of the classes (the same paper, equation 2.4): ``(articles, classes)``.

    Their weekly mean moves with the true share as much, for its noise, as that of any value of the classifier's answer
    can: (probability − share) / (share (1 − share)) is the score of the mixture's likelihood.
    """
    ratio = np.maximum(shares, 1e-4) / np.maximum(trained, 1e-4)
    raised = np.maximum(probabilities, 1e-6) * ratio
    return raised / raised.sum(axis=1, keepdims=True)
