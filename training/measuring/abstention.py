"""When to leave a passage undecided: how risk falls with coverage, and bounds on it that a user can ask for."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta

from ...model.codebook import Task
from ...model.decision import RiskPoint, confidences

COVERAGES = np.arange(0.05, 1.001, 0.05)
CERTAINTY = 0.95


def wrong_answers(truth: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Passages whose answer is wrong in any label: ``(passages,)`` bool."""
    return (truth != on).any(axis=1)


def risk_coverage(
    confidence: np.ndarray, wrong: np.ndarray, *, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Share of passages decided, and share of wrong ones among them, as the least confidence falls.

    Args:
        confidence: ``(passages,)``.
        wrong: ``(passages,)`` bool.

    Returns:
        Coverage and risk, ``(passages,)`` each, the most confident first.
    """
    weights = np.ones(len(confidence)) if weights is None else weights
    order = np.argsort(-confidence, kind="stable")
    decided = np.cumsum(weights[order])
    return decided / decided[-1], np.cumsum((weights * wrong)[order]) / decided


def fit_risks(
    probs: np.ndarray, on: np.ndarray, truth: np.ndarray, *, task: Task, weights: np.ndarray
) -> tuple[RiskPoint, ...]:
    """Least confidence for 5, 10, … 100 % coverage, each with an upper bound of the risk above it.

    All bounds hold together with 95 % certainty for passages like these (Clopper & Pearson 1934 with a
    Bonferroni correction, after Geifman & El-Yaniv 2017, "Selective classification for deep neural networks");
    weights enter by their effective number, which makes the bound approximate.

    Args:
        probs, on, truth: ``(passages, leaves)``, of validation passages.
    """
    confidence, wrong = confidences(probs, on, task=task), wrong_answers(truth, on)
    order = np.argsort(-confidence, kind="stable")
    coverage, risk = risk_coverage(confidence, wrong, weights=weights)
    points: dict[float, RiskPoint] = {}
    for wanted in COVERAGES:
        least = float(confidence[order[min(np.searchsorted(coverage, wanted - 1e-9), len(order) - 1)]])
        inside = confidence >= least
        last = inside.sum() - 1
        count = weights[inside].sum() ** 2 / (weights[inside] ** 2).sum()
        hits = risk[last] * count
        bound = upper_bound(hits, count, certainty=1 - (1 - CERTAINTY) / len(COVERAGES))
        points[least] = RiskPoint(confidence=float(np.floor(least * 1e6) / 1e6), risk=round(bound, 4))
    return tuple(points.values())


def upper_bound(hits: float, count: float, *, certainty: float = CERTAINTY) -> float:
    """Upper bound of a share of which `hits` of `count` were seen (Clopper & Pearson 1934), 0..1."""
    return min(float(beta.ppf(certainty, hits + 1, max(count - hits, 1e-9))), 1.0)
