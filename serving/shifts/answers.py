"""A passage's answer to a question: the class that is decided, and how sure the model is of it, in a few steps.

Counts of such answers are all that shares, their corrections and their intervals need: so a dump is counted once,
whatever is asked of it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...model.codebook import Codebook
from ...model.decision import Decision
from ...model.held_out import HeldOut
from .questions import Question, class_probabilities, decided_classes, true_classes

MOST = 24
"""Answers of a question with many classes, at least one a class."""
FINEST = 5
"""Steps of certainty within a decided class: finer ones gained nothing where corrections were measured."""


@dataclass(frozen=True)
class AnswerSpace:
    """The B answers to a question: answer ``k * steps + j`` is class k, decided with certainty of step j.

    Attributes:
        borders: ``(K, steps - 1)``, between the steps of each class, rising.
    """

    question: Question
    codebook: Codebook
    decision: Decision
    borders: np.ndarray

    @property
    def steps(self) -> int:
        return self.borders.shape[1] + 1

    @property
    def size(self) -> int:
        """B."""
        return len(self.question.classes) * self.steps

    @property
    def decided(self) -> np.ndarray:
        """``(B, K)`` 0/1: the class that each answer decides."""
        return np.repeat(np.eye(len(self.question.classes)), self.steps, axis=0)

    def answers(self, leaves: Mapping[str, np.ndarray]) -> np.ndarray:
        """The answer of each passage by index: ``(passages,)`` uint8 or uint16.

        Args:
            leaves: task -> ``(passages, leaves)`` calibrated probabilities, as in the score table's columns.
        """
        classes, sure = _answered(self.question, leaves, codebook=self.codebook, decision=self.decision)
        steps = (sure[:, None] >= self.borders[classes]).sum(axis=1)
        return (classes * self.steps + steps).astype(np.min_scalar_type(self.size))


def answer_space(question: Question, held_out: HeldOut) -> AnswerSpace:
    """Steps of certainty that divide each class's held-out passages evenly, every true class counting the same."""
    true = true_classes(question, held_out)
    known = true >= 0
    leaves = {name: held_out.probabilities[name][known] for name in question.tasks}
    classes, sure = _answered(question, leaves, codebook=held_out.codebook, decision=held_out.decision)
    total = np.bincount(true[known], held_out.weights[known], minlength=len(question.classes))
    weights = held_out.weights[known] / total[true[known]] if known.any() else np.ones(0)
    steps = max(1, min(FINEST, MOST // len(question.classes)))
    levels = np.arange(1, steps) / steps
    borders = np.stack(
        [_quantiles(sure[classes == k], weights[classes == k], levels) for k in range(len(question.classes))]
    )
    return AnswerSpace(question, held_out.codebook, held_out.decision, borders)


def _answered(
    question: Question, leaves: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision
) -> tuple[np.ndarray, np.ndarray]:
    """Decided class, and the probability of `on` (of a single task: of the class), a passage each."""
    # thresholds are compared as `score` compared them, in double precision
    doubles = {name: np.asarray(leaves[name], dtype=np.float64) for name in question.tasks}
    probs = class_probabilities(question, doubles, codebook=codebook)
    classes = decided_classes(question, doubles, codebook=codebook, decision=decision)
    single = not question.parts[0][1]
    return classes, probs[np.arange(len(probs)), classes] if single else probs[:, 1]


def _quantiles(values: np.ndarray, weights: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Weighted quantiles; infinities (no further steps) where there is nothing to divide."""
    if len(values) < 2 * (len(levels) + 1):
        return np.full(len(levels), np.inf)
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return values[order][np.minimum(np.searchsorted(reached, levels), len(values) - 1)]
