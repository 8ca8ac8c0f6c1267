"""How far a correction is trusted: the more, the farther a source's decided shares are from those of held-out passages.

A source's confusions are not those of held-out passages: it errs in its own way. Where it has the labels in much the
shares that held-out passages have them in, what is missed and what is taken for it cancel, and a correction adds only
the difference between the two ways of erring. Far from there errors do not cancel, and missing them costs more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .confusion import Confusion

HALFWAY = 0.2
"""Distance (root of half the sum of squares; of a label that is on or off, of its share) at which the correction
counts for half. Chosen on held-out passages of the starter corpus, each register corrected by all others."""


@dataclass(frozen=True)
class Shrunk:
    """Corrected shares drawn to the decided ones.

    Attributes:
        decided: ``(cells, K)``, raw shares; NaN where a cell has no article.
        apart: ``(cells, K)``, how far the whole correction would move them.
        trust: ``(cells,)``, the part of it that is made, 0..1.
    """

    decided: np.ndarray
    apart: np.ndarray
    trust: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """``(cells, K)``."""
        return self.decided + self.trust[:, None] * self.apart

    def doubts(self, replicates: int, *, seed: int) -> np.ndarray:
        """What replicates are off the shares by, in parts of `apart`, if all of it holds or nothing: ``(cells, R)``."""
        return (doubtful(replicates, seed=seed) < self.trust[:, None]) - self.trust[:, None]


def doubtful(replicates: int, *, seed: int) -> np.ndarray:
    """How much trust it takes for the correction to hold in each replicate, evenly over 0..1: ``(R,)``.

    The same for all cells: a source that errs as held-out passages do does so throughout.
    """
    order = np.random.default_rng([seed, replicates]).permutation(replicates)
    return (order + 0.5) / replicates


def shrunk(corrected: np.ndarray, decided: np.ndarray, confusion: Confusion, *, articles: np.ndarray | float) -> Shrunk:
    """Draw corrected shares to the decided ones.

    Args:
        corrected: ``(cells, K)``, as they would be if the source erred as held-out passages do.
        decided: ``(cells, K)``; NaN where a cell has no article.
        articles: of each cell, ``(cells,)``: what chance puts between decided and held-out shares is taken off.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = _beyond(decided, confusion, articles=articles)
    return Shrunk(decided, corrected - decided, beyond / (beyond + HALFWAY**2))


def trust_slopes(decided: np.ndarray, confusion: Confusion, *, articles: np.ndarray | float) -> np.ndarray:
    """What a unit more of an answer, in a cell's distribution of answers, adds to its trust: ``(cells, B)``."""
    beyond = _beyond(decided, confusion, articles=articles)
    steepness = np.where(beyond > 0, HALFWAY**2 / (beyond + HALFWAY**2) ** 2, 0)
    return steepness[:, None] * ((decided - confusion.expected) @ confusion.decided.T)


def _beyond(decided: np.ndarray, confusion: Confusion, *, articles: np.ndarray | float) -> np.ndarray:
    """Squared distance from what held-out passages let expect, less what chance alone puts there: ``(cells,)``."""
    apart = ((decided - confusion.expected) ** 2).sum(axis=1) / 2
    chance = (decided * (1 - decided)).sum(axis=1) / 2 / articles
    return np.maximum(apart - chance, 0)
