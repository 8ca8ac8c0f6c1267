"""How often each true class gets each answer, from passages whose labels are known, and how sure that is."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ....model.held_out import HeldOut
from .answers import AnswerSpace
from .questions import class_probabilities, true_classes

FEWEST = 10
"""Held-out passages of a class below which shares of the question are not corrected."""
STRENGTH = 20.0
"""Labelled passages of a class that the bundle's held-out answers count for, beside those labelled in the dump."""
SMOOTHING = 0.5
"""Added to each answer's count, so that none is impossible."""
RESAMPLES = 200


@dataclass(frozen=True)
class Confusion:
    """The confusion matrix of a question over its B answers, and what goes with it.

    Attributes:
        rates: ``(K, B)``, rows sum to 1: how often a passage of the class gets the answer.
        resampled: ``(R, K, B)``, the same from bootstrap resamples of the labelled passages, whole groups at a time.
        values: ``(B, K)``, mean calibrated probabilities of the passages with an answer.
        prior: ``(K,)``, shares of the classes that the probabilities are calibrated to.
        decided: ``(B, K)`` 0/1, the class that an answer decides.
        passages: ``(K,)``, effective number of labelled passages of each class (Kish 1965).
    """

    rates: np.ndarray
    resampled: np.ndarray
    values: np.ndarray
    prior: np.ndarray
    decided: np.ndarray
    passages: np.ndarray

    def replaced(self, rates: np.ndarray) -> Confusion:
        """The same with other rates."""
        return dataclasses.replace(self, rates=rates)

    def uncorrected(self, classes: tuple[str, ...]) -> str | None:
        """Why shares cannot be corrected by it, or None where they can."""
        few = [f"{n:.0f} {name}" for name, n in zip(classes, self.passages, strict=True) if n < FEWEST]
        return f"uncorrected: of labelled passages only {', '.join(few)} (at least {FEWEST} each)" if few else None


def fit_confusion(
    space: AnswerSpace,
    held_out: HeldOut | None,
    *,
    labelled: HeldOut | None = None,
    strength: float = STRENGTH,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Confusion:
    """The confusions of a question, from the bundle's held-out answers, a labelled sample of the dump, or both.

    Both: the sample counts, and the held-out answers beside it as a Dirichlet prior of that many passages a class:
    what the sample has too few of is taken from there.

    Args:
        held_out: the bundle's, made of text like what it was trained on.
        labelled: of passages drawn from the dump.

    Raises:
        ValueError: neither is given.
    """
    parts = [part for part in (held_out, labelled) if part is not None]
    if not parts:
        raise ValueError("confusions need passages whose labels are known")
    rng = np.random.default_rng(seed)
    counted = [_Counted.of(space, part, resamples=resamples, rng=rng) for part in parts]
    rates, resampled = (
        _joined([each[name] for each in counted], strength=strength, both=len(parts) == 2)
        for name in ("counts", "resampled")
    )
    passages = counted[-1].passages + (np.minimum(counted[0].passages, strength) if len(parts) == 2 else 0)
    base = counted[0]  # probabilities were calibrated there
    return Confusion(rates, resampled, base.values, base.prior, space.decided, passages)


def plain_confusion(space: AnswerSpace) -> Confusion:
    """Without any passage whose label is known: nothing can be corrected, decided labels can be counted."""
    rates = space.decided.T / space.steps
    classes = len(rates)
    return Confusion(rates, rates[None], space.decided, np.full(classes, 1 / classes), space.decided, np.zeros(classes))


@dataclass(frozen=True)
class _Counted:
    """Counts ``(1, K, B)`` and ``(R, K, B)`` of one set of passages, in effective passages."""

    counts: np.ndarray
    resampled: np.ndarray
    values: np.ndarray
    prior: np.ndarray
    passages: np.ndarray

    def __getitem__(self, name: str) -> np.ndarray:
        return self.counts if name == "counts" else self.resampled

    @classmethod
    def of(cls, space: AnswerSpace, part: HeldOut, *, resamples: int, rng: np.random.Generator) -> _Counted:
        true = true_classes(space.question, part)
        known = np.flatnonzero(true >= 0)
        true, weights = true[known], part.weights[known]
        leaves = {name: part.probabilities[name][known] for name in space.question.tasks}
        answers = space.answers(leaves).astype(np.int64)
        classes, size = len(space.question.classes), space.size
        total, squares = (np.bincount(true, w, minlength=classes) for w in (weights, weights**2))
        passages = total**2 / np.maximum(squares, 1e-12)
        weights = weights * (passages / np.maximum(total, 1e-12))[true]  # so that a class's counts are its passages
        _, group = np.unique(part.groups[known], return_inverse=True)
        groups = group.max(initial=-1) + 1
        cells = true * size + answers
        matrix = np.bincount(group * classes * size + cells, weights, minlength=groups * classes * size)
        matrix = matrix.reshape(groups, classes * size)
        drawn = rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples) if groups else np.zeros((1, 0))
        probs = class_probabilities(space.question, leaves, codebook=space.codebook)
        own = np.bincount(answers, part.weights[known], minlength=size)
        sums = [np.bincount(answers, part.weights[known] * probs[:, k], minlength=size) for k in range(classes)]
        values = np.where(own > 0, sums / np.maximum(own, 1e-12), space.decided.T).T
        return cls(
            counts=matrix.sum(axis=0).reshape(1, classes, size),
            resampled=(drawn @ matrix).reshape(-1, classes, size),
            values=values,
            prior=(total + 1e-9) / (total + 1e-9).sum(),
            passages=passages,
        )


def _joined(counts: list[np.ndarray], *, strength: float, both: bool) -> np.ndarray:
    """Rates from the counts of one part, or of the labelled ones with the held-out rates as their prior."""
    own = counts[-1]
    extra = strength * _rates(counts[0] + SMOOTHING) if both else SMOOTHING
    rates = _rates(own + extra)
    return rates[0] if len(rates) == 1 else rates


def _rates(counts: np.ndarray) -> np.ndarray:
    return counts / counts.sum(axis=-1, keepdims=True)
