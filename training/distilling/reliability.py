"""How far a student can be trusted: where it decides otherwise than the network, on passages it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.linear_model import LogisticRegression

from ...model.agreement import NEAREST, agreement, decisions_of, margins
from ...model.codebook import Codebook
from ...model.decision import Decision, all_probabilities, decide
from ...model.student import ANY, CascadePoint
from ..measuring.abstention import upper_bound

TaskLogits = Mapping[str, np.ndarray]
FEWEST = 5
"""Passages that a decision differs on, below which all decisions share one share of differences."""
STEPS = 100


def differences(student: TaskLogits, network: TaskLogits, *, codebook: Codebook, decision: Decision) -> np.ndarray:
    """Where the two decide otherwise, in the columns of `margins`: ``(passages, decisions)`` bool.

    Args:
        student, network: logits, task -> ``(passages, leaves)``.
    """
    columns: list[np.ndarray] = []
    mine, its = (all_probabilities(logits, codebook=codebook, decision=decision) for logits in (student, network))
    for name, task in codebook.tasks.items():
        differ = np.not_equal(*(decide(p[name], task=task, decision=decision.tasks[name]) for p in (mine, its)))
        columns.append(differ.any(axis=1, keepdims=True) if task.kind == "single" else differ)
    return np.concatenate(columns, axis=1)


def fit_agreement(margins: np.ndarray, differ: np.ndarray) -> np.ndarray:
    """Coefficients of `agreement`: ``(decisions, 3)``.

    Args:
        margins, differ: ``(passages, decisions)``, of passages that the student did not learn from.
    """
    rows = []
    for column, wrong in zip(margins.T, differ.T, strict=True):
        if FEWEST <= wrong.sum() < len(wrong):
            fitted = LogisticRegression().fit(np.stack([np.log(column + NEAREST), column], axis=1), ~wrong)
            rows.append([float(fitted.intercept_[0]), *map(float, fitted.coef_[0])])
        else:
            share = (wrong.sum() + 1) / (len(wrong) + 2)
            rows.append([float(np.log(1 / share - 1)), 0.0, 0.0])
    return np.array(rows)


def cascade_points(confidence: np.ndarray, changed: np.ndarray) -> tuple[CascadePoint, ...]:
    """For each percent of the passages answered, from which confidence on that is, and what it changes at most.

    Of all passages, those that are answered and changed only become more as the confidence falls; so each bound
    (Clopper & Pearson 1934) may stand by itself, and whichever is asked for, the least confidence that keeps it does
    so with 95 % certainty (Bates et al. 2021, "Distribution-free, risk-controlling prediction sets", theorem 1).

    Args:
        confidence: ``(passages,)``, of held-out passages, and not of those that it was fitted on.
        changed: ``(passages,)`` bool.
    """
    order = np.argsort(-confidence, kind="stable")
    points: dict[float, CascadePoint] = {}
    for step in range(1, STEPS + 1):
        least = float(np.floor(confidence[order[-(-step * len(order) // STEPS) - 1]] * 1e9) / 1e9)
        inside = confidence >= least
        points[least] = CascadePoint(
            confidence=least,
            changed=upper_bound(int((inside & changed).sum()), len(changed)),
            answered=float(inside.mean()),
        )
    return tuple(points.values())


def calibrate(
    seen: tuple[TaskLogits, TaskLogits],
    held: tuple[TaskLogits, TaskLogits],
    *,
    codebook: Codebook,
    decision: Decision,
) -> tuple[np.ndarray, dict[str, tuple[CascadePoint, ...]], float]:
    """Coefficients of the confidence, what follows from it (any task, each), and the share that the student changes.

    Args:
        seen: the student's logits and the network's, task -> ``(passages, leaves)``, on passages that decided when to
            stop training; they order passages by their confidence.
        held: the same on passages that decided nothing; the bounds and the share are theirs.
    """
    coefficients = fit_agreement(
        margins(seen[0], codebook=codebook, decision=decision),
        differences(*seen, codebook=codebook, decision=decision),
    )
    found = margins(held[0], codebook=codebook, decision=decision)
    differ = differences(*held, codebook=codebook, decision=decision)
    points = {}
    for task in (None, *codebook.tasks):
        chosen = decisions_of(task, codebook=codebook)
        confidence = agreement(found[:, chosen], coefficients[chosen])
        points[task or ANY] = cascade_points(confidence, np.asarray(differ[:, chosen].any(axis=1)))
    return coefficients, points, float(differ.any(axis=1).mean())
