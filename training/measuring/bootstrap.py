"""How much a figure would vary with other passages: the cluster bootstrap."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..data.corpus import Corpus

RESAMPLES = 1_000


@dataclass(frozen=True)
class Figure:
    """An estimate and its 95 % percentile bootstrap interval, which always includes it."""

    value: float
    lo: float
    hi: float

    def __str__(self) -> str:
        return "–" if math.isnan(self.value) else f"{self.value:.3f} [{self.lo:.3f}, {self.hi:.3f}]"


def interval(value: float, resampled: np.ndarray) -> Figure:
    """The estimate with its percentile interval over the resamples where it is defined.

    Resampling biases some figures (a small calibration error grows): the interval takes the estimate in.
    """
    defined = resampled[~np.isnan(resampled)]
    lo, hi = np.percentile(defined, [2.5, 97.5]) if len(defined) else (np.nan, np.nan)
    return Figure(value=value, lo=float(np.fmin(lo, value)), hi=float(np.fmax(hi, value)))


def resample_weights(corpus: Corpus, *, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each passage is drawn, whole groups at a time (cluster bootstrap), times its weight.

    Yields:
        ``(some resamples, passages)``, few enough at once to keep memory flat however long the corpus is.
    """
    groups = [g if g is not None else f"\0{i}" for i, g in enumerate(corpus.column("group"))]
    _, members = np.unique(groups, return_inverse=True)
    count = members.max() + 1
    rng = np.random.default_rng(seed)
    at_once = max(1, 1_000_000 // len(corpus))
    for start in range(0, resamples, at_once):
        draws = rng.multinomial(count, np.full(count, 1 / count), size=min(at_once, resamples - start))
        yield draws[:, members] * corpus.weights
