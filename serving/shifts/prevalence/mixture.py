"""Shares of a mixture: how much of each class, given how often each class gives each answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

ITERATIONS = 400
TOLERANCE = 1e-6
BLOCK = 4_096
"""Cells at once: what fits the processor's cache."""


@dataclass(frozen=True)
class MakeUp:
    """What is known beforehand of the parts that classes are made of.

    Attributes:
        classes: ``(S,)`` int, the class of each part.
        parts: ``(S,)``, what part of its class it is expected to be; 1 in sum over a class.
        strength: articles of a class that this counts for, beside those that are there.
    """

    classes: np.ndarray
    parts: np.ndarray
    strength: float

    @cached_property
    def members(self) -> np.ndarray:
        """``(S, K)`` 0/1."""
        return np.eye(self.classes.max() + 1)[self.classes]


def mixture_shares(counts: np.ndarray, rates: np.ndarray, *, make_up: MakeUp | None = None) -> np.ndarray:
    """Shares q that make ``q @ rates`` most likely to give these counts, by expectation maximisation.

    With the rates of a confusion matrix: maximum likelihood under label shift (Garg et al. 2020, "A Unified View
    of Label Shift Estimation"). With ``posterior / prior`` as rates: the procedure of Saerens, Latinne & Decaestecker
    (2002), "Adjusting the outputs of a classifier to new a priori probabilities".

    Args:
        counts: ``(cells, B)``, of each answer: articles, where there is a make-up; else in any unit.
        rates: ``(S, B)``, or ``(cells, S, B)``, not negative; a row of each part of the mixture.
        make_up: a Dirichlet prior on the parts of a class, and none on the classes: the mode of the posterior.

    Returns:
        ``(cells, S)``, rows sum to 1; NaN where a cell has no count.
    """
    found = np.full((len(counts), rates.shape[-2]), np.nan)
    filled = np.flatnonzero(counts.sum(axis=1) > 0)
    if make_up is not None and make_up.members.shape[0] == make_up.members.shape[1]:
        make_up = None
    for start in range(0, len(filled), BLOCK):
        cells = filled[start : start + BLOCK]
        found[cells] = _maximised(counts[cells], rates if rates.ndim == 2 else rates[cells], make_up)
    return found


def _maximised(counts: np.ndarray, rates: np.ndarray, make_up: MakeUp | None) -> np.ndarray:
    """The same for a block of cells without an empty one, accelerated by SQUAREM (Varadhan & Roland 2008, S3)."""
    total = counts.sum(axis=1, keepdims=True)
    given = (counts / total).astype(np.float64)
    even = np.full(rates.shape[-2], 1 / rates.shape[-2])
    if make_up is not None:
        even = make_up.parts / make_up.members.shape[1]
    found = np.tile(even, (len(given), 1))
    left = np.arange(len(given))
    for _ in range(ITERATIONS):
        inside, own = given[left], rates if rates.ndim == 2 else rates[left]
        prior = None if make_up is None else make_up.strength / total[left]
        start = found[left]
        first = _step(start, inside, own, make_up, prior)
        second = _step(first, inside, own, make_up, prior)
        slope, bend = first - start, second - 2 * first + start
        length = np.sqrt((slope**2).sum(axis=1) / np.maximum((bend**2).sum(axis=1), 1e-300))
        length = np.clip(length, 1, 1e3)[:, None]
        far = start + 2 * length * slope + length**2 * bend
        # a share never reaches its end by a leap: from there it could not come back
        safe = (far > 0.1 * second).all(axis=1, keepdims=True)
        found[left] = _step(np.where(safe, far, second), inside, own, make_up, prior)
        left = left[np.abs(found[left] - start).max(axis=1) > TOLERANCE]
        if not len(left):
            break
    return found


def _step(
    shares: np.ndarray, given: np.ndarray, rates: np.ndarray, make_up: MakeUp | None, prior: np.ndarray | None
) -> np.ndarray:
    """One expectation and maximisation; `prior` is the strength of the make-up for each article of a cell."""
    if rates.ndim == 2:
        updated = shares * (given / np.maximum(shares @ rates, 1e-12) @ rates.T)
    else:
        mixed = np.maximum((shares[:, None, :] @ rates)[:, 0], 1e-12)
        updated = shares * (rates @ (given / mixed)[:, :, None])[:, :, 0]
    if make_up is not None and prior is not None:
        of_class = updated @ make_up.members
        updated = (updated + prior * make_up.parts) * (of_class / (of_class + prior))[:, make_up.classes]
    return updated / updated.sum(axis=1, keepdims=True)


def least_squares_shares(means: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Shares q on the simplex for which ``q @ expected`` comes nearest to the means, by projected gradient steps.

    Args:
        means: ``(cells, K)``, mean values of a cell's passages.
        expected: ``(K, K)``, row j the mean values of class j's passages.
    """
    step = 1 / max(float(np.linalg.norm(expected @ expected.T, 2)), 1e-12)
    shares = ahead = np.full((len(means), len(expected)), 1 / len(expected))
    momentum = 1.0
    for _ in range(ITERATIONS):
        gradient = (ahead @ expected - means) @ expected.T
        updated = onto_simplex(ahead - step * gradient)
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2  # Beck & Teboulle 2009 (FISTA)
        ahead = updated + (momentum - 1) / faster * (updated - shares)
        moved = np.nanmax(np.abs(updated - shares), initial=0)
        shares, momentum = updated, faster
        if moved < TOLERANCE:
            break
    return shares


def onto_simplex(points: np.ndarray) -> np.ndarray:
    """The nearest points whose coordinates are shares (Duchi et al. 2008, figure 1): ``(cells, K)``."""
    falling = -np.sort(-points, axis=1)
    over = (np.cumsum(falling, axis=1) - 1) / np.arange(1, points.shape[1] + 1)
    last = (falling > over).sum(axis=1) - 1
    return np.maximum(points - np.take_along_axis(over, np.maximum(last, 0)[:, None], axis=1), 0)
