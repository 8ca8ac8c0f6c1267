"""Choose few words that a decision hangs on: those of most weight, until it changes without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

MOST = 5
"""Words that evidence has at most."""

Stands = Callable[[Sequence[int], Sequence[Sequence[int]]], np.ndarray]
"""Whether labels (by index) are still decided without words (by index): ``(labels,)`` bool."""


@dataclass(frozen=True)
class Choice:
    """Words by index, the heaviest first.

    Attributes:
        decisive: without them the label is no longer decided.
    """

    words: list[int]
    decisive: bool


def choose_words(weights: Sequence[np.ndarray], *, stands: Stands, most: int = MOST) -> list[Choice]:
    """For each label the heaviest words without which it falls; where `most` are not enough, those.

    Words are taken away one after the other, the heaviest first, until the label falls; then each that it falls
    without, too, is given back, the lightest first. Only words that speak for the label are taken.

    Args:
        weights: of each label, ``(words,)`` of its text.
    """
    order = [np.argsort(-own, kind="stable")[: min(most, int((own > 0).sum()))].tolist() for own in weights]
    chosen: list[list[int]] = [[] for _ in weights]
    fallen = np.zeros(len(weights), dtype=bool)
    for size in range(1, most + 1):
        trying = [i for i in range(len(weights)) if not fallen[i] and size <= len(order[i])]
        for i in trying:
            chosen[i] = order[i][:size]
        if trying:
            fallen[trying] = ~stands(trying, [chosen[i] for i in trying])
    for place in range(most - 2, -1, -1):  # the last word taken is always needed
        trying = [i for i in np.flatnonzero(fallen).tolist() if place < len(chosen[i]) - 1]
        fewer = [chosen[i][:place] + chosen[i][place + 1 :] for i in trying]
        if trying:
            for i, words, stood in zip(trying, fewer, stands(trying, fewer), strict=True):
                if not stood:
                    chosen[i] = words
    return [Choice(words, bool(fell)) for words, fell in zip(chosen, fallen, strict=True)]
