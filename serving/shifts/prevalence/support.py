"""Whether shares rest on anything: are a source's answers those of some mixture of held-out passages?"""

from __future__ import annotations

import numpy as np

from .confusion import Confusion
from .quantify import BY_STATE, Method, state_shares

MISFIT = 0.5
"""Likelihood ratio statistic for each article, above what chance lets expect, beyond which answers are no mixture of
held-out ones. Sources drawn from held-out passages that the confusions had not seen stay below 0.31."""


def is_supported(counts: np.ndarray, confusion: Confusion, *, method: Method) -> bool:
    """Whether held-out passages can explain these answers.

    Misfit is the likelihood ratio statistic (G², for each article) of the answers against the fitted mixture; chance
    comes from the articles and from the resampled confusions. Few articles are never called a misfit.

    Args:
        counts: ``(B,)``, articles by answer, of a source's whole run.
        method: where it is not one of `BY_STATE`, nothing is fitted and there is nothing to tell.
    """
    articles = counts.sum()
    if method not in BY_STATE or not articles:
        return True
    shares = state_shares(counts[None], confusion, method=method)
    fitted = (shares @ confusion.states)[0]
    seen = counts / articles
    misfit = 2 * (seen * np.log(np.maximum(seen, 1e-12) / fitted)).sum()
    moved = np.tensordot(confusion.state_errors, shares[0], axes=(1, 0))  # (R, B)
    chance = (len(counts) - 1) / articles + (moved**2 / fitted).sum(axis=1).mean()
    return bool(misfit - 2 * chance <= MISFIT)
