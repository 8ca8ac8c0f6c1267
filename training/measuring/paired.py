"""Whether one model is better than another on the same passages, or only lucky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.corpus import Corpus
from .bootstrap import RESAMPLES
from .evaluation import Predictions, resampled_figures
from .metrics import nanmean


@dataclass(frozen=True)
class Difference:
    """A figure of one model less that of another: estimate, 95 % interval, and a two-sided p-value.

    The p-value is twice the share of resamples in which the difference has the other sign or none, at least
    1 / (resamples + 1).
    """

    value: float
    lo: float
    hi: float
    p: float

    def __str__(self) -> str:
        return "–" if np.isnan(self.value) else f"{self.value:+.3f} [{self.lo:+.3f}, {self.hi:+.3f}] p = {self.p:.3f}"


def paired_differences(
    one: Predictions, other: Predictions, *, corpus: Corpus, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Difference]:
    """`one` less `other` for every figure, over resamples in which both are measured on the same passages.

    `score` is the mean of the tasks' macro-F1.

    Paired bootstrap test (Efron & Tibshirani 1993, chapter 16; Berg-Kirkpatrick et al. 2012, "An empirical
    investigation of statistical significance in NLP"). Whole groups are drawn where the corpus has them.
    """
    mine = resampled_figures(one, corpus=corpus, resamples=resamples, seed=seed)
    its = resampled_figures(other, corpus=corpus, resamples=resamples, seed=seed)
    for figures in (mine, its):
        macro = [np.append(drawn, value) for name, (value, drawn) in figures.items() if name.startswith("macro_f1/")]
        mean = nanmean(macro, like=np.zeros(resamples + 1))
        figures["score"] = (float(mean[-1]), mean[:-1])
    return {name: _difference(*mine[name], *its[name]) for name in mine if name in its}


def _difference(mine: float, drawn_mine: np.ndarray, its: float, drawn_its: np.ndarray) -> Difference:
    drawn = drawn_mine - drawn_its
    drawn = drawn[~np.isnan(drawn)]
    value = mine - its
    if np.isnan(value) or not len(drawn):
        return Difference(float("nan"), float("nan"), float("nan"), float("nan"))
    lo, hi = np.percentile(drawn, [2.5, 97.5])
    tail = min((drawn <= 0).sum(), (drawn >= 0).sum()) + 1
    return Difference(value, float(min(lo, value)), float(max(hi, value)), float(min(1.0, 2 * tail / (len(drawn) + 1))))
