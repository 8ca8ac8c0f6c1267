"""Hold some unlabelled passages out of what is learnt from, so that no article lies on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model.errors import UserError

FEWEST = 20
"""Passages on either side."""


def hold_out(
    articles: Sequence[int], *, count: int, rng: np.random.Generator, purpose: str, consequence: str
) -> np.ndarray:
    """Which passages to hold out: those of articles in a drawn order, as long as they are at most `count`.

    Args:
        articles: ``(passages,)``, which article each is from.
        purpose, consequence: for the error: what the passages are held out to be, and what does not happen.

    Returns:
        ``(passages,)`` bool.

    Raises:
        UserError: too few on one of the sides.
    """
    names, article = np.unique(np.asarray(articles), return_inverse=True)
    place = rng.permutation(len(names))[article]
    held = place < (np.sort(place)[min(count, len(place) - 1)] if len(place) else 0)
    if min(held.sum(), (~held).sum()) < FEWEST:
        raise UserError(
            f"{len(article):,} distinct passages of {len(names):,} articles: too few to learn from some and to be "
            f"{purpose} {FEWEST} others. Name more text",
            consequence=consequence,
        )
    return held
