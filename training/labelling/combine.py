"""Weigh votes against one another, without any label: how good every voter is, and what every passage then is.

The model is that of Dawid and Skene (1979, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM
Algorithm"), written by what an answer is worth: of the passages that get it, the share of every class. That is what a
writer of labelling functions can believe something about ("right three times out of four"), and a prior on it keeps
voters near that belief where nobody else has anything to say of the same passages. Silence counts as the little that it
says. Two more things differ:

- Voters that err together (two lists with the same words) are no two witnesses: their errors' correlations are
  estimated along the way, and the evidence is scaled as generalised least squares would.
- The classes' shares are given: votes for what is there do not tell how much of it they miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.special import logsumexp

from .votes import SILENT, Votes

ROUNDS = 40
EVERY = 10
"""Rounds between two looks at the correlations."""
LEAST = 20.0
"""Votes that a voter's prior is worth at the least."""
RIDGE = 0.1
RAREST = 1e-3
"""No class is held rarer among the passages that got an answer."""


@dataclass(frozen=True)
class Combined:
    """What the votes say together.

    Attributes:
        probabilities: ``(passages, classes)``.
        worth: by voter, ``(answers, classes)``: of the passages that got an answer, each class's share; silence is
            the last answer of those who may be silent.
        weights: ``(voters,)``, what is left of each voter's evidence beside those that err with it, 0..1.
        correlations: ``(voters, voters)`` of errors, given the class.
    """

    probabilities: np.ndarray
    worth: list[np.ndarray]
    weights: np.ndarray
    correlations: np.ndarray


def combine(votes: Sequence[Votes], *, shares: np.ndarray) -> Combined:
    """Weigh votes on one question.

    Args:
        votes: at least one voter's.
        shares: ``(classes,)``, above 0, sum 1: of the classes among the passages, as believed.
    """
    given = [_given(one) for one in votes]
    counts = [
        np.bincount(said, minlength=len(one.worth) + (not one.graded)) for one, said in zip(votes, given, strict=True)
    ]
    worth = [
        _completed(one.worth, counted, shares=shares, graded=one.graded)
        for one, counted in zip(votes, counts, strict=True)
    ]
    weights, correlations = np.ones(len(votes)), np.eye(len(votes))
    for round_ in range(ROUNDS):
        probabilities = _probabilities(given, worth, weights=weights, shares=shares)
        worth = [
            _revised(one, said, counted, probabilities, shares=shares)
            for one, said, counted in zip(votes, given, counts, strict=True)
        ]
        if len(votes) > 1 and round_ % EVERY == EVERY - 1:
            correlations = _correlations(given, worth, counts, probabilities, shares=shares)
            weights = effective(correlations)
    return Combined(_probabilities(given, worth, weights=weights, shares=shares), worth, weights, correlations)


def effective(correlations: np.ndarray) -> np.ndarray:
    """Weights of correlated evidence, 0..1: those of generalised least squares, none below 0; 1 where independent."""
    size = len(correlations)
    damped = (np.maximum(correlations, 0) + RIDGE * np.eye(size)) / (1 + RIDGE)
    return np.minimum(nnls(damped, np.ones(size))[0], 1.0)


def _given(votes: Votes) -> np.ndarray:
    """Each passage's answer ``(passages,)``, silence being one behind the others."""
    return np.where(votes.said == SILENT, len(votes.worth), votes.said)


def _probabilities(
    given: Sequence[np.ndarray], worth: Sequence[np.ndarray], *, weights: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    evidence = np.log(shares) + sum(
        weight * np.log(known / shares)[said] for said, known, weight in zip(given, worth, weights, strict=True)
    )
    return np.exp(evidence - logsumexp(evidence, axis=1, keepdims=True))


def _revised(
    votes: Votes, said: np.ndarray, counts: np.ndarray, probabilities: np.ndarray, *, shares: np.ndarray
) -> np.ndarray:
    """What a voter's answers are worth ``(answers, classes)``, by the passages' probabilities and by its prior."""
    found = np.stack([np.bincount(said, weights=column, minlength=len(counts)) for column in probabilities.T], axis=1)
    answers = len(votes.worth)
    belief = np.maximum(LEAST, votes.belief * counts[:answers])[:, None]
    worth = (found[:answers] + belief * votes.worth) / (counts[:answers, None] + belief)
    return _completed(worth, counts, shares=shares, graded=votes.graded)


def _completed(worth: np.ndarray, counts: np.ndarray, *, shares: np.ndarray, graded: bool) -> np.ndarray:
    """Worth of all answers, such that over all passages the classes have their shares: `worth` with silence's added,
    or, of a voter that is never silent, raked to them."""
    seen = counts / counts.sum()
    if not graded:
        spoken = seen[0] * worth[0]
        most = shares * max(0.9, seen[0])  # it cannot have found more of a class than there is
        room = np.maximum(most - spoken, 0)
        excess = np.maximum(spoken - most, 0).sum()
        spoken = np.minimum(spoken, most) + room * excess / max(room.sum(), 1e-12)
        worth = np.stack(
            [spoken / max(seen[0], 1e-12) if seen[0] else worth[0], (shares - spoken) / max(seen[1], 1e-12)]
        )
    else:
        for _ in range(5):
            worth = worth * (shares / np.maximum(seen @ worth, 1e-12))
            worth = worth / worth.sum(axis=1, keepdims=True)
    worth = np.maximum(worth, RAREST)
    return worth / worth.sum(axis=1, keepdims=True)


def _correlations(
    given: Sequence[np.ndarray],
    worth: Sequence[np.ndarray],
    counts: Sequence[np.ndarray],
    probabilities: np.ndarray,
    *,
    shares: np.ndarray,
) -> np.ndarray:
    """Correlations ``(voters, voters)`` of what each voter's evidence is beyond that which the class explains."""
    left = []
    for said, known, counted in zip(given, worth, counts, strict=True):
        evidence = np.log(known / shares)
        evidence = evidence - evidence.mean(axis=1, keepdims=True)  # of one class against the others
        frequency = known * (counted / counted.sum())[:, None]  # (answers, classes): of answers where a class is true
        expected = (frequency / frequency.sum(axis=0)).T @ evidence
        left.append((evidence[said] - probabilities @ expected).ravel())
    errors = np.stack(left)
    covariance = errors @ errors.T
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    return covariance / np.outer(spread, spread)
