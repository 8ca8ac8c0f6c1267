"""How likely a student's decided labels are the network's, by how far each is from being decided otherwise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import log_expit, logit

from .codebook import Codebook
from .decision import Decision, offsets

NEAREST = 0.01
"""Added to a margin before its logarithm is taken."""


def margins(logits: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision) -> np.ndarray:
    """Distance of each decision from its border, in calibrated logits.

    Args:
        logits: task -> ``(passages, leaves)``, unnormalised.

    Returns:
        ``(passages, decisions)``, at least 0. A single task is one decision, whose margin is the largest
        logit with its offset less the next; each leaf of a multi task is one, with its distance from the threshold.
    """
    columns = []
    for name, task in codebook.tasks.items():
        own = decision.tasks[name]
        scaled = np.asarray(logits[name], dtype=np.float64) / own.temperature
        if task.kind == "single":
            highest = np.partition(scaled + offsets(task, decision=own), -2, axis=1)[:, -2:]
            columns.append(highest[:, 1:] - highest[:, :1])
        else:
            thresholds = np.array([own.thresholds[leaf] for leaf in task.leaves])
            columns.append(np.abs(scaled - logit(thresholds.clip(1e-6, 1 - 1e-6))))
    return np.concatenate(columns, axis=1)


def decisions_of(task: str | None, *, codebook: Codebook) -> np.ndarray:
    """Columns of `margins` that belong to a task, or all of them: ``(decisions,)`` bool."""
    sizes = {name: 1 if own.kind == "single" else len(own.leaves) for name, own in codebook.tasks.items()}
    return np.repeat([task in (None, name) for name in sizes], [*sizes.values()])


def agreement(margins: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Probability that the network would decide every label as the student did, decisions taken as independent.

    A logistic regression on margin and log margin for each decision (Platt 1999, on the distance from the border).

    Args:
        margins: ``(passages, decisions)``.
        coefficients: ``(decisions, 3)``: intercept, weight of the log margin, weight of the margin.

    Returns:
        ``(passages,)``, 0..1.
    """
    score = coefficients[:, 0] + coefficients[:, 1] * np.log(margins + NEAREST) + coefficients[:, 2] * margins
    return np.exp(log_expit(score).sum(axis=1))
