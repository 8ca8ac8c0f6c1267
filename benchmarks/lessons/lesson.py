"""What a system of `training.py` learns from, and how probabilities become its decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from narrashift.training.data.corpus import Corpus

from .score import score

Label = Callable[[Sequence[str]], np.ndarray]
"""Texts -> decided labels, ``(texts, leaves)`` bool."""
THRESHOLDS = np.linspace(0.05, 0.95, 37)
FEWEST_TO_HOLD_OUT = 100
"""Passages of a multi-label corpus, from which on a tenth is held out to tune a threshold; below it is 0.5."""


@dataclass(frozen=True)
class Lesson:
    """What a system learns from, all that it may look at.

    Attributes:
        test: handed to this system's own `train`, which measures on it; no peer looks at it.
        settings: of `narrashift train`, where they differ from the defaults.
        few: the passages were drawn, some a label.
    """

    train: Corpus
    test: Corpus
    metric: str
    backbone: str
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    few: bool = False

    @property
    def task(self) -> str:
        return next(iter(self.train.codebook.tasks))

    @property
    def leaves(self) -> tuple[str, ...]:
        return self.train.codebook.tasks[self.task].leaves

    @property
    def multi(self) -> bool:
        return self.train.codebook.tasks[self.task].kind == "multi"

    def on(self, corpus: Corpus) -> np.ndarray:
        """True labels, ``(passages, leaves)`` bool."""
        values = corpus.targets[self.task]
        return values > 0 if self.multi else values[:, None] == np.arange(len(self.leaves))

    def held_out(self) -> tuple[Corpus, Corpus | None]:
        """Passages to learn from, and a tenth to tune a threshold by; None where there is none to tune."""
        if not self.multi or len(self.train) < FEWEST_TO_HOLD_OUT:
            return self.train, None
        order = np.random.default_rng(self.seed).permutation(len(self.train))
        tenth = len(order) // 10
        return self.train.select(order[tenth:]), self.train.select(order[:tenth])

    def decided(self, probabilities: np.ndarray, *, threshold: float = 0.5) -> np.ndarray:
        """The likeliest label, or where several may be on, those above the threshold: ``(passages, leaves)`` bool."""
        if self.multi:
            return probabilities >= threshold
        return np.eye(len(self.leaves), dtype=bool)[probabilities.argmax(axis=1)]

    def decide(self, probabilities: Callable[[Sequence[str]], np.ndarray], held: Corpus | None = None) -> Label:
        """Decisions from probabilities, with a threshold tuned on held-out passages where there are any."""
        threshold = 0.5 if held is None else best_threshold(probabilities(held.texts), self.on(held), self.metric)
        return lambda texts: self.decided(probabilities(texts), threshold=threshold)


def best_threshold(probabilities: np.ndarray, truth: np.ndarray, metric: str) -> float:
    """The one threshold for all labels with the highest score; the mean of those where several have it."""
    scores = np.array([score(truth, probabilities >= t, metric=metric)[0] for t in THRESHOLDS])
    return float(THRESHOLDS[scores >= scores.max() - 1e-12].mean())
