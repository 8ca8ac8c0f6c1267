"""Fit the decision layer on validation passages: one temperature a task, one threshold a label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit, log_softmax

from ...model.codebook import Task
from ...model.decision import Decision, TaskDecision, decide, probabilities
from ..data.corpus import Corpus
from .abstention import fit_risks
from .thresholds import Goal, fit_thresholds

FEWEST = 5
"""Labelled validation passages below which a task keeps its temperature 1."""


def fit_decision(logits: Mapping[str, np.ndarray], *, corpus: Corpus, goal: Goal = "macro", seed: int = 0) -> Decision:
    """Temperatures and thresholds for every task, from validation passages only.

    Args:
        logits: task -> ``(passages, leaves)`` of the corpus's passages, which count by their weights.
        goal: the F1 that the thresholds of multi tasks are to make high.
    """
    tasks = {}
    for name, task in corpus.codebook.tasks.items():
        known = corpus.labelled(name)
        tasks[name] = _fit_task(
            logits[name][known], corpus.targets[name][known],
            weights=corpus.weights[known], task=task, goal=goal, seed=seed,
        )  # fmt: skip
    return Decision(tasks=tasks)


def _fit_task(
    logits: np.ndarray, targets: np.ndarray, *, weights: np.ndarray, task: Task, goal: Goal, seed: int
) -> TaskDecision:
    temperature = fit_temperature(logits, targets, weights=weights) if len(logits) >= FEWEST else 1.0
    if task.kind == "single":
        # where answers say little, a high temperature evens them out: offsets as large as ever would decide alone
        given = fit_offsets(targets, leaves=len(task.leaves), weights=weights) / max(1.0, temperature)
        decision = TaskDecision(temperature=temperature, offsets=dict(zip(task.leaves, given.tolist(), strict=True)))
        return _with_risks(decision, logits, targets, weights=weights, task=task)
    probs = expit(logits.astype(np.float64) / temperature)
    found = fit_thresholds(probs, targets > 0, weights=weights, goal=goal, seed=seed).round(4).tolist()
    decision = TaskDecision(temperature=temperature, thresholds=dict(zip(task.leaves, found, strict=True)))
    return _with_risks(decision, logits, targets, weights=weights, task=task)


def _with_risks(
    decision: TaskDecision, logits: np.ndarray, targets: np.ndarray, *, weights: np.ndarray, task: Task
) -> TaskDecision:
    if len(logits) < FEWEST:
        return decision
    probs = probabilities(logits, task=task, decision=decision)
    true = targets[:, None] == np.arange(len(task.leaves)) if task.kind == "single" else targets > 0
    on = decide(probs, task=task, decision=decision)
    return decision.model_copy(update={"risks": fit_risks(probs, on, true, task=task, weights=weights)})


def fit_temperature(logits: np.ndarray, targets: np.ndarray, *, weights: np.ndarray | None = None) -> float:
    """Temperature that makes softmax or sigmoid of logits / T calibrated on held-out passages.

    Minimises the negative log-likelihood over log T (Guo et al. 2017, "On Calibration of Modern Neural
    Networks", section 4.2). The order of the labels, and so accuracy, is unchanged.

    Args:
        logits: ``(passages, leaves)``, unnormalised.
        targets: ``(passages,)`` int, or ``(passages, leaves)`` 0/1 for a multi task.
        weights: ``(passages,)``, how much each counts; the same without.

    Returns:
        T between 0.05 and 20, dimensionless; 1.0 leaves the logits alone.

    Raises:
        ValueError: no passage.
    """
    if len(logits) == 0:
        raise ValueError("a temperature needs at least one passage")
    logits = logits.astype(np.float64)

    def loss(log_t: float) -> float:
        return -mean_log_likelihood(logits / np.exp(log_t), targets, weights=weights)

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def mean_log_likelihood(logits: np.ndarray, targets: np.ndarray, *, weights: np.ndarray | None = None) -> float:
    """Mean log-probability of the labels of a passage; over the leaves too in a multi task.

    Args:
        logits: ``(passages, leaves)``, unnormalised.
        targets: ``(passages,)`` int, or ``(passages, leaves)`` 0/1 for a multi task.
        weights: ``(passages,)``, how much each counts; the same without.
    """
    if targets.ndim == 1:
        each = log_softmax(logits, axis=1)[np.arange(len(targets)), targets]
    else:
        each = (targets * log_expit(logits) + (1 - targets) * log_expit(-logits)).mean(axis=1)
    return float(np.average(each, weights=weights))


def fit_offsets(targets: np.ndarray, *, leaves: int, weights: np.ndarray) -> np.ndarray:
    """What to add to each label's log-probability before the largest is taken, so that rare labels are not passed over.

    The likeliest label is right most often, but macro-F1 counts labels alike. Half the logarithm of the inverse
    frequency lies between the two (logit adjustment, Menon et al. 2021, "Long-tail learning via logit adjustment");
    to fit its share on validation passages gained nothing over one half on any corpus that was tried.

    Args:
        targets: ``(passages,)`` int, index of the label.
        weights: ``(passages,)``, how much each counts.

    Returns:
        An offset a leaf; they add up to 0.
    """
    counts = np.bincount(targets, weights=weights, minlength=leaves) + 1
    shares = -0.5 * np.log(counts / counts.sum())
    return (shares - shares.mean()).round(4)
