"""A passage's answer to a question: the decided class, the runner-up of few, how sure the model is, and the context.

Counts of such answers are all that shares, their corrections and their intervals need: so a dump is counted once,
whatever is asked of it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ....model.codebook import Codebook
from ....model.decision import Decision
from ....model.held_out import HeldOut
from .context import Context, context_of
from .questions import Question, class_probabilities, decided_classes, true_classes

MOST = 24
"""Answers of a question with many classes, at least one a class."""
FINEST = 5
"""Steps of certainty of an on/off question; finer ones gained nothing where corrections were measured."""
FINEST_PAIR = 3
"""The same of a question with three or four classes, where the runner-up is told apart too."""


@dataclass(frozen=True)
class AnswerSpace:
    """The B answers to a question, numbered by context, decided class, runner-up, and step of certainty.

    Attributes:
        borders: ``(kinds, steps - 1)``, between the steps, rising; kinds are decided classes with their runners-up.
        context: what else the classifier sees in the passage.
    """

    question: Question
    codebook: Codebook
    decision: Decision
    borders: np.ndarray
    context: Context

    @property
    def steps(self) -> int:
        return self.borders.shape[1] + 1

    @property
    def plain(self) -> int:
        """Answers in one context."""
        return self.borders.shape[0] * self.steps

    @property
    def size(self) -> int:
        """B."""
        return self.context.size * self.plain

    @property
    def decided(self) -> np.ndarray:
        """``(B, K)`` 0/1: the class that each answer decides."""
        classes = len(self.question.classes)
        return np.tile(np.repeat(np.eye(classes), self.plain // classes, axis=0), (self.context.size, 1))

    def answers(self, leaves: Mapping[str, np.ndarray]) -> np.ndarray:
        """The answer of each passage by index: ``(passages,)`` uint8 or uint16.

        Args:
            leaves: task -> ``(passages, leaves)`` calibrated probabilities, as in the score table's columns.
        """
        kinds, sure = _answered(self.question, leaves, codebook=self.codebook, decision=self.decision)
        steps = (sure[:, None] >= self.borders[kinds]).sum(axis=1)
        context = self.context.observed(leaves, codebook=self.codebook, decision=self.decision)
        return (context * self.plain + kinds * self.steps + steps).astype(np.min_scalar_type(self.size))


def answer_space(question: Question, held_out: HeldOut) -> AnswerSpace:
    """Steps of certainty that divide the held-out passages evenly, every true class counting the same."""
    true = true_classes(question, held_out)
    known = true >= 0
    leaves = {name: held_out.probabilities[name][known] for name in question.tasks}
    kinds, sure = _answered(question, leaves, codebook=held_out.codebook, decision=held_out.decision)
    classes = len(question.classes)
    total = np.bincount(true[known], held_out.weights[known], minlength=classes)
    weights = held_out.weights[known] / total[true[known]] if known.any() else np.ones(0)
    number = classes * (classes - 1) if _has_runner_up(question) else classes
    steps = max(1, min(FINEST_PAIR if _has_runner_up(question) else FINEST, MOST // number))
    levels = np.arange(1, steps) / steps
    borders = np.stack([_quantiles(sure[kinds == kind], weights[kinds == kind], levels) for kind in range(number)])
    context = context_of(question, held_out)
    return AnswerSpace(question, held_out.codebook, held_out.decision, borders, context)


def _has_runner_up(question: Question) -> bool:
    return 3 <= len(question.classes) <= 4


def _answered(
    question: Question, leaves: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision
) -> tuple[np.ndarray, np.ndarray]:
    """Decided class (and runner-up), and the probability of `on` (of a single task: of the class), a passage each."""
    # thresholds are compared as `score` compared them, in double precision
    doubles = {name: np.asarray(leaves[name], dtype=np.float64) for name in question.tasks}
    probs = class_probabilities(question, doubles, codebook=codebook)
    decided = decided_classes(question, doubles, codebook=codebook, decision=decision)
    if question.parts[0][1]:
        return decided, probs[:, 1]
    rows = np.arange(len(probs))
    sure = probs[rows, decided]
    if not _has_runner_up(question):
        return decided, sure
    others = probs.copy()
    others[rows, decided] = -1
    second = others.argmax(axis=1)
    return decided * (probs.shape[1] - 1) + second - (second > decided), sure


def _quantiles(values: np.ndarray, weights: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Weighted quantiles; infinities (no further steps) where there is nothing to divide."""
    if len(values) < 2 * (len(levels) + 1):
        return np.full(len(levels), np.inf)
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return values[order][np.minimum(np.searchsorted(reached, levels), len(values) - 1)]
