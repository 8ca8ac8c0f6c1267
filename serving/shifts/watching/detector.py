"""Whether a series has just taken a new level: the generalised likelihood ratio over windows of recent periods.

Lai (1995, "Sequential changepoint detection in quality control and dynamical systems") and Siegmund & Venkatraman
(1995) compare, after every observation, one level since the last change with two levels of which neither is known,
the newer one as old as each of a few window lengths.
"""

from __future__ import annotations

import numpy as np

from ..changes.cost import multinomial_cost, split_gains, sums

WINDOWS = (3, 4, 5, 6, 8, 10, 13, 17, 22, 28)
"""Periods that the new level may have lasted: further apart the longer, as a small shift needs no exact window."""
SHORTEST = WINDOWS[0]
LEARN = 8
"""Periods with an article from which an old level is learnt, at least."""


def latest_gains(before: np.ndarray, *, ends: np.ndarray) -> np.ndarray:
    """The likelihood ratio of two levels against one, as it stood at the end of some periods.

    Args:
        before: ``(…, periods + 1, classes)``: `changes.cost.sums` of weighted counts since the last change.
        ends: ``(ends,)`` int: periods seen by then.

    Returns:
        ``(…, ends)``: the largest over the windows; −inf where fewer than `LEARN` periods lie before every window.
    """
    everything = before[..., ends, :]
    whole = multinomial_cost(everything)
    best = np.full(whole.shape, -np.inf)
    for window in WINDOWS:
        split = ends - window
        old = before[..., np.maximum(split, 0), :]
        gain = whole - multinomial_cost(old) - multinomial_cost(everything - old)
        np.maximum(best, np.where(split >= LEARN, gain, -np.inf), out=best)
    return best


def likeliest_split(weighted: np.ndarray) -> int:
    """First period of the new level of a run, ``(periods, classes)``; the level may be younger than any window."""
    return int(np.argmax(split_gains(sums(weighted), shortest=1)))


def rests_on_several(weighted: np.ndarray, *, bound: float) -> bool:
    """Whether a new level is told by more than one of its periods: one wild week is none.

    Without any one of its periods the likelihood ratio must keep half of what an alarm takes; of three that say the
    same it keeps two thirds.
    """
    split = int(np.argmax(split_gains(sums(weighted), shortest=SHORTEST)))
    old, new = weighted[:split].sum(axis=0), weighted[split:]
    rest = new.sum(axis=0) - new
    gains = multinomial_cost(old + rest) - multinomial_cost(old) - multinomial_cost(rest)
    return bool(gains.min() >= bound / 2)
