"""What else a passage says besides the label that is asked for: errors depend on it, and sources differ in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ....model.codebook import Codebook
from ....model.decision import Decision, decide
from ....model.held_out import HeldOut
from .questions import Question

FEWEST = 40
"""Held-out passages of a leaf below which it shares a context with other rare ones."""

STRENGTH = 100.0
"""Articles of a class that its contexts among held-out passages count for, beside a cell's own. Fewer (20) err less
where sources differ in their contexts, and more where a rare label's share runs over the whole range."""


@dataclass(frozen=True)
class Context:
    """The contexts of a question's passages, numbered from 0.

    Of one label of a multi task: which other leaf of the task leads (0: none; of leaves that hold together the most
    common one, of those that are decided the surest). Of everything else there is one context: a composite's contexts
    would be the classes of its parts, and half-known states of those err more than they explain.

    Attributes:
        task: whose leaves tell; None where there is one context.
        numbers: ``(leaves,)`` int, the context of each leaf of the task; 0 for a leaf that tells none.
        ranks: ``(leaves,)``, larger for a leaf that is more common.
        size: number of contexts.
    """

    task: str | None
    numbers: np.ndarray
    ranks: np.ndarray
    size: int

    def true(self, held_out: HeldOut) -> np.ndarray:
        """The context of each passage, by its labels: ``(passages,)`` int."""
        if self.task is None:
            return np.zeros(len(held_out), dtype=np.int64)
        on = held_out.truth(self.task)
        return self._leading(on, np.broadcast_to(self.ranks, on.shape))

    def observed(self, leaves: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision) -> np.ndarray:
        """The context that the classifier sees: ``(passages,)`` int.

        Args:
            leaves: task -> ``(passages, leaves)`` calibrated probabilities.
        """
        if self.task is None:
            return np.zeros(len(next(iter(leaves.values()))), dtype=np.int64)
        task, own = codebook.tasks[self.task], decision.tasks[self.task]
        probs = np.asarray(leaves[self.task], dtype=np.float64)
        on = decide(probs, task=task, decision=own)
        thresholds = np.array([own.thresholds.get(leaf, 0.5) for leaf in task.leaves])
        odds = probs / np.maximum(1 - probs, 1e-9) * (1 - thresholds) / np.maximum(thresholds, 1e-9)
        return self._leading(on, odds)

    def _leading(self, on: np.ndarray, strength: np.ndarray) -> np.ndarray:
        telling = on & (self.numbers > 0)
        first = np.where(telling, strength, -1.0).argmax(axis=1)
        return np.where(telling.any(axis=1), self.numbers[first], 0)


def context_of(question: Question, held_out: HeldOut) -> Context:
    """The contexts that these passages can tell apart."""
    (name, label), *more = question.parts
    if not label or more or not len(held_out):
        return Context(None, np.zeros(0, dtype=np.int64), np.zeros(0), 1)
    task = held_out.codebook.tasks[name]
    ranks = held_out.truth(name).T @ held_out.weights
    others = np.array([leaf != label and task.labels[leaf].parent != label for leaf in task.leaves])
    common = others & (held_out.truth(name).sum(axis=0) >= FEWEST)
    numbers = np.where(common, np.cumsum(common), 0)
    rare = others & ~common
    numbers[rare] = common.sum() + 1
    return Context(name, numbers, ranks, int(numbers.max()) + 1)
