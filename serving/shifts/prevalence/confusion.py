"""How often passages of each true class and context get each answer, and how sure that is."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....model.held_out import HeldOut
from .answers import AnswerSpace
from .questions import class_probabilities, true_classes
from .rates import state_rates

FEWEST = 10
"""Held-out passages of a class below which shares of the question are not corrected."""
STRENGTH = 20.0
"""Labelled passages of a class that the bundle's held-out answers count for, beside those labelled in the dump."""
RESAMPLES = 200


@dataclass(frozen=True)
class Confusion:
    """The confusion matrix of a question over its B answers, and what goes with it.

    Its S states are the classes in the contexts that they were seen in (`context.py`), class by class.

    Attributes:
        states: ``(S, B)``, rows sum to 1: how often a passage of the state gets the answer.
        resampled: ``(R, S, B)``, the same from bootstrap resamples of the labelled passages, whole groups at a time.
        classes: ``(S,)`` int, the class of each state.
        make_up: ``(S,)``, what part of its class each state is among labelled passages; 1 in sum over a class.
        values: ``(B, K)``, mean calibrated probabilities of the passages with an answer.
        prior: ``(K,)``, shares of the classes that the probabilities are calibrated to.
        decided: ``(B, K)`` 0/1, the class that an answer decides.
        passages: ``(K,)``, effective number of labelled passages of each class (Kish 1965).
    """

    states: np.ndarray
    resampled: np.ndarray
    classes: np.ndarray
    make_up: np.ndarray
    values: np.ndarray
    prior: np.ndarray
    decided: np.ndarray
    passages: np.ndarray

    @cached_property
    def members(self) -> np.ndarray:
        """``(S, K)`` 0/1: the class of each state."""
        return np.eye(len(self.prior))[self.classes]

    @cached_property
    def rates(self) -> np.ndarray:
        """``(K, B)``: how often a passage of the class gets the answer, its contexts as among labelled passages."""
        return self.members.T @ (self.make_up[:, None] * self.states)

    @cached_property
    def expected(self) -> np.ndarray:
        """``(K,)``: shares that are decided where the classes have the shares of the prior."""
        return self.prior @ self.rates @ self.decided

    @cached_property
    def state_errors(self) -> np.ndarray:
        """How far the resampled rates of the states are from these: ``(R, S, B)`` float32."""
        return (self.resampled - self.states).astype(np.float32)

    @cached_property
    def class_errors(self) -> np.ndarray:
        """The same of the classes: ``(R, K, B)`` float32."""
        return (self.members * self.make_up[:, None]).T.astype(np.float32) @ self.state_errors

    def replaced(self, states: np.ndarray) -> Confusion:
        """The same with other rates."""
        return dataclasses.replace(self, states=states)

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
    counts, resampled = counted[-1].counts, counted[-1].resampled
    passages, base = counted[-1].passages, counted[0]  # probabilities were calibrated there
    if len(parts) == 2:
        counts = counts + strength * _within_class(base.counts)
        resampled = resampled + strength * _within_class(base.resampled)
        passages = passages + np.minimum(base.passages, strength)
    seen = counts.sum(axis=(2, 3))  # (K, V)
    # a class that was never seen has one state, so that there is something to say that it is uncorrected
    there = (seen > 0) | ((seen.sum(axis=1, keepdims=True) == 0) & (np.arange(seen.shape[1]) == 0))
    make_up = np.where(there, seen + 1e-9, 0)
    make_up /= make_up.sum(axis=1, keepdims=True)
    return Confusion(
        states=state_rates(counts)[there],
        resampled=state_rates(resampled)[:, there],
        classes=np.nonzero(there)[0],
        make_up=make_up[there],
        values=base.values,
        prior=base.prior,
        decided=space.decided,
        passages=passages,
    )


def plain_confusion(space: AnswerSpace) -> Confusion:
    """Without any passage whose label is known: nothing can be corrected, decided labels can be counted."""
    states = space.decided.T / space.decided.sum(axis=0)[:, None]
    number = len(states)
    even = np.full(number, 1 / number)
    return Confusion(
        states,
        states[None],
        np.arange(number),
        np.ones(number),
        space.decided,
        even,
        space.decided,
        np.zeros(number),
    )


@dataclass(frozen=True)
class _Counted:
    """Counts ``(K, V, V, A)`` and ``(R, K, V, V, A)`` of one set of passages, in effective passages.

    By class, true context, observed context and plain answer.
    """

    counts: np.ndarray
    resampled: np.ndarray
    values: np.ndarray
    prior: np.ndarray
    passages: np.ndarray

    @classmethod
    def of(cls, space: AnswerSpace, part: HeldOut, *, resamples: int, rng: np.random.Generator) -> _Counted:
        true = true_classes(space.question, part)
        known = np.flatnonzero(true >= 0)
        true, weights, context = true[known], part.weights[known], space.context.true(part)[known]
        leaves = {name: part.probabilities[name][known] for name in space.question.tasks}
        answers = space.answers(leaves).astype(np.int64)
        classes, contexts, size = len(space.question.classes), space.context.size, space.size
        total, squares = (np.bincount(true, w, minlength=classes) for w in (weights, weights**2))
        passages = total**2 / np.maximum(squares, 1e-12)
        weights = weights * (passages / np.maximum(total, 1e-12))[true]  # so that a class's counts are its passages
        _, group = np.unique(part.groups[known], return_inverse=True)
        groups = group.max(initial=-1) + 1
        width = classes * contexts * size
        cells = (true * contexts + context) * size + answers
        matrix = np.bincount(group * width + cells, weights, minlength=groups * width).reshape(groups, width)
        drawn = rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples) if groups else np.zeros((1, 0))
        shape = (classes, contexts, contexts, space.plain)
        return cls(
            counts=matrix.sum(axis=0).reshape(shape),
            resampled=(drawn @ matrix).reshape(-1, *shape),
            values=_values(space, leaves, answers, weights=part.weights[known]),
            prior=(total + 1e-9) / (total + 1e-9).sum(),
            passages=passages,
        )


def _values(
    space: AnswerSpace, leaves: dict[str, np.ndarray], answers: np.ndarray, *, weights: np.ndarray
) -> np.ndarray:
    """Mean probabilities of each answer's passages; of an answer without one, those of its like in other contexts."""
    probs = class_probabilities(space.question, leaves, codebook=space.codebook)

    def means(answers: np.ndarray, size: int, otherwise: np.ndarray) -> np.ndarray:
        own = np.bincount(answers, weights, minlength=size)[:, None]
        sums = [np.bincount(answers, weights * each, minlength=size) for each in probs.T]
        return np.where(own > 0, np.stack(sums, axis=1) / np.maximum(own, 1e-12), otherwise)

    plain = means(answers % space.plain, space.plain, space.decided[: space.plain])
    return means(answers, space.size, np.tile(plain, (space.context.size, 1)))


def _within_class(counts: np.ndarray) -> np.ndarray:
    """``(…, K, V, V, A)``, each class 1 in sum."""
    return counts / np.maximum(counts.sum(axis=(-3, -2, -1), keepdims=True), 1e-12)
