"""How far apart two distributions of labels are, in bits, from shares that are known with an error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
INSIDE = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0])
"""Tried true distances, as parts of the one that was seen."""
BEYOND = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0])
"""Tried true distances beyond it: in standard errors and in parts of what was seen, together."""
BLOCK = 1 << 21
"""Numbers worked on at once."""
TINY = 1e-12
FLAT = 1e-9


@dataclass(frozen=True)
class Distances:
    """A divergence for each cell (a period): ``(cells,)`` in bits, 0..1, and what each label adds to it.

    Attributes:
        value: median-unbiased, so that camps that are alike get 0 about as often as not.
        low, high: 95 % interval; `low` is 0 where chance alone could be as far apart.
        parts: ``(cells, L, K)``, sum to `value`.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    parts: np.ndarray


def divergence_parts(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What each class adds to the Jensen–Shannon divergence (Lin 1991), in bits, at least 0: ``(…, L, K)``.

    Of L distributions the mean: the divergence of one of them drawn at random, when it is known which.

    Args:
        one, other: ``(…, L, K)``, L distributions over K classes.
    """
    middle = (one + other) / 2

    def towards(own: np.ndarray) -> np.ndarray:
        return own * np.log2(np.maximum(own, TINY) / np.maximum(middle, TINY))

    return np.maximum(towards(one) + towards(other), 0) / 2 / one.shape[-2]


def jensen_shannon(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The Jensen–Shannon divergence of ``(…, L, K)``, in bits, 0..1: ``(…,)``.

    It is the number of bits that a passage's label tells about which of the two wrote it, if both wrote as many
    (the mutual information of label and writer).
    """
    return divergence_parts(one, other).sum(axis=(-2, -1))


def distances(
    one: np.ndarray,
    other: np.ndarray,
    *,
    errors: tuple[np.ndarray, np.ndarray],
    articles: tuple[np.ndarray, np.ndarray],
    level: float = LEVEL,
) -> Distances:
    """The divergence without the bias that few articles bring, with an interval by test inversion.

    Estimated shares are apart even where true ones are not, so that the plain divergence is too large, and percentiles
    of a bootstrap are so twice over. Instead, true shares are tried along the line on which the two camps are seen,
    from nothing apart to far apart; at each, the errors are added, and it is kept unless what was seen is in the outer
    (1 − level) / 2 of what comes out (Carpenter 1999, "Test inversion bootstrap confidence intervals").

    Args:
        one, other: ``(cells, L, K)`` estimated shares.
        errors: of either, ``(replicates, cells, L, K)``: how far a resample's shares are from the estimate.
        articles: of either, ``(cells,)``: without a difference, the truth lies between the two by these.
    """
    found = [np.zeros((0, 4))]
    parts = [np.zeros((0, *one.shape[1:]))]
    each = max(1, BLOCK // max(1, errors[0][:, 0].size if len(one) else 1))
    for start in range(0, len(one), each):
        own = slice(start, start + each)
        got, added = _inverted(
            one[own], other[own], (errors[0][:, own], errors[1][:, own]), (articles[0][own], articles[1][own]), level
        )
        found.append(got)
        parts.append(added)
    value, low, high = np.concatenate(found).T[:3]
    return Distances(value, low, high, np.concatenate(parts))


def _inverted(
    one: np.ndarray,
    other: np.ndarray,
    errors: tuple[np.ndarray, np.ndarray],
    articles: tuple[np.ndarray, np.ndarray],
    level: float,
) -> tuple[np.ndarray, np.ndarray]:
    """``(cells, 4)``: value, low, high, and the place of the value on the line; and the parts."""
    weight = (articles[0] / np.maximum(articles[0] + articles[1], 1))[:, None, None]
    pooled = weight * one + (1 - weight) * other
    apart = one - other
    away = np.sign(apart)
    away[(away == 0).all(axis=-1)] = np.append(np.full(one.shape[-1] - 1, -1.0), 1.0)  # alike: any direction will do
    step = (errors[0] - errors[1]).std(axis=0) * away
    step -= step.mean(axis=-1, keepdims=True)

    def true_at(place: float) -> tuple[np.ndarray, np.ndarray]:
        beyond = max(place - 1, 0)
        moved = min(place, 1) * apart + beyond * (apart + step)
        return _shares(pooled + (1 - weight) * moved), _shares(pooled - weight * moved)

    places = np.concatenate([INSIDE, 1 + BEYOND])
    levels = ((1 - level) / 2, 0.5, (1 + level) / 2)
    true = np.empty((len(places), len(one)))
    reached = np.empty((len(places), 3, len(one)))
    for at, place in enumerate(places.tolist()):
        first, second = true_at(place)
        true[at] = jensen_shannon(first, second)
        drawn = jensen_shannon(_shares(first + errors[0]), _shares(second + errors[1]))
        reached[at] = np.quantile(drawn, levels, axis=0)
    reached = np.maximum.accumulate(reached, axis=0)
    seen = jensen_shannon(one, other)
    crossed = np.empty((len(one), 3))
    for cell in range(len(one)):
        for kind in range(3):
            rising = reached[:, kind, cell] + np.arange(len(places)) * TINY
            # the upper bound is no nearer than what alike camps usually look like ("Power-constrained limits", Cowan
            # et al. 2011), and of several places that give the same the farthest
            wanted = max(seen[cell], reached[0, 1, cell]) + FLAT if kind == 0 else seen[cell]
            crossed[cell, kind] = np.interp(wanted, rising, places, left=0.0)
    value, low, high = (
        np.array([np.interp(crossed[cell, kind], places, true[:, cell]) for cell in range(len(one))])
        for kind in (1, 2, 0)
    )
    return np.stack([value, low, high, crossed[:, 1]], axis=1), _scaled(divergence_parts(one, other), value)


def _shares(values: np.ndarray) -> np.ndarray:
    inside = np.maximum(values, 0)
    return inside / np.maximum(inside.sum(axis=-1, keepdims=True), TINY)


def _scaled(parts: np.ndarray, total: np.ndarray) -> np.ndarray:
    """The same parts of another total."""
    own = parts.sum(axis=(-2, -1))
    return parts * (total / np.maximum(own, TINY))[:, None, None]
