"""The answers of camps, period by period, with what other articles could have given: a bootstrap over articles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..passages import Source
from ..prevalence.influence import influences
from ..prevalence.intervals import VIRTUAL
from ..prevalence.quantify import BY_STATE, shares, shrunk_shares, state_shares
from ..series import Asked

AT_ONCE = 20_000
"""Articles worked on at once."""
MOST = 1 << 27
"""Numbers that resamples may take together, 4 bytes each; of many days and camps there are fewer, at least `LEAST`."""
LEAST = 50


@dataclass
class Pooled:
    """All articles of a camp.

    Attributes:
        articles: ``(periods,)``.
        counts: ``(periods, B)``, articles by answer, the answers of all questions side by side.
        drawn_articles: ``(replicates, periods)``, of the resamples; `drawn`: ``(replicates, periods, B)``.
    """

    articles: np.ndarray
    counts: np.ndarray
    drawn_articles: np.ndarray
    drawn: np.ndarray

    def over_all(self) -> Pooled:
        """The whole run as one period."""
        return Pooled(
            self.articles.sum(keepdims=True),
            self.counts.sum(axis=0, keepdims=True),
            self.drawn_articles.sum(axis=1, keepdims=True),
            self.drawn.sum(axis=1, keepdims=True),
        )


def pool(
    sources: Iterable[Source],
    *,
    camp_of: Mapping[str, str],
    asked: Sequence[Asked],
    periods: int,
    replicates: int,
    seed: int,
) -> dict[str, Pooled]:
    """Count the articles of each camp, and resample them with Poisson weights (the bootstrap of streams).

    All questions share an article's weight, so that their errors go together as they do. Memory depends on periods
    and replicates, not on the number of articles.

    Args:
        camp_of: source -> camp; other sources are passed over.
    """
    width = sum(one.space.size for one in asked)
    names = dict.fromkeys(camp_of.values())
    replicates = max(min(replicates, MOST // max(len(names) * periods * width, 1)), LEAST)
    camps = {
        camp: Pooled(
            np.zeros(periods),
            np.zeros((periods, width)),
            np.zeros((replicates, periods)),
            np.zeros((replicates, periods, width), dtype=np.float32),
        )
        for camp in names
    }
    for number, source in enumerate(sources):
        if source.name in camp_of:
            _add(source, camps[camp_of[source.name]], asked=asked, rng=np.random.default_rng([seed, number]))
    return camps


def _add(source: Source, camp: Pooled, *, asked: Sequence[Asked], rng: np.random.Generator) -> None:
    begins = np.cumsum([0, *(one.space.size for one in asked)])
    answers = np.stack([one.space.answers(source.leaves) + at for one, at in zip(asked, begins, strict=False)], axis=1)
    width, replicates = int(begins[-1]), len(camp.drawn)
    for period, (first, last) in enumerate(zip(source.periods, source.periods[1:], strict=False)):
        for start in range(int(first), int(last), AT_ONCE):
            borders = source.articles[start : min(start + AT_ONCE, int(last)) + 1]
            passages = np.diff(borders)
            article = np.repeat(np.arange(len(passages)), passages)
            at = article[:, None] * width + answers[borders[0] : borders[-1]]
            parts = np.repeat(1 / passages, passages * len(asked))
            each = np.bincount(at.ravel(), parts, minlength=len(passages) * width).reshape(-1, width)
            weights = rng.poisson(1.0, size=(replicates, len(passages))).astype(np.float32)
            camp.articles[period] += len(passages)
            camp.counts[period] += each.sum(axis=0)
            camp.drawn_articles[:, period] += weights.sum(axis=1)
            camp.drawn[:, period] += weights @ each.astype(np.float32)


def corrected(
    camp: Pooled, *, asked: Asked, answers: slice, periods: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A camp's corrected shares of a question, and their errors, to first order, as `intervals.py` has them.

    A resample has a few virtual articles of each class too, and its own confusion matrix: the same for every camp,
    since both are answered by the same classifier.

    Args:
        answers: which of the pooled answers are the question's.
        periods: ``(cells,)`` int, with an article each.

    Returns:
        ``(cells, K)`` and ``(replicates, cells, K)``.
    """
    confusion, method = asked.confusion, asked.method
    counts = camp.counts[periods, answers]
    estimates = shares(counts, confusion, method=method)
    classes = estimates.shape[1]
    size = camp.articles[periods] + VIRTUAL * classes
    seen = counts + VIRTUAL * confusion.rates.sum(axis=0)
    states = state_shares(seen, confusion, method=method)
    slopes = influences(states, confusion, method=method, articles=size)
    virtual = VIRTUAL * rng.poisson(1.0, size=(len(camp.drawn), len(periods), classes))
    # virtual articles only keep few that agree from proving the rest: they are no information of their own
    drawn = camp.drawn[:, periods, answers] + virtual @ confusion.rates
    total = np.maximum(camp.drawn_articles[:, periods] + virtual.sum(axis=2), 1)
    moved = (drawn / total[:, :, None] - (seen / size[:, None])) * (size / camp.articles[periods])[:, None]
    whole = (len(periods), classes, confusion.rates.shape[1])
    errors = np.einsum("rcb,ckb->rck", moved, np.broadcast_to(slopes.answers, whole), optimize=True)
    if slopes.confusion.any():
        wrong = confusion.state_errors if method in BY_STATE else confusion.class_errors
        wrong = wrong[np.arange(len(drawn)) % len(wrong)]
        products = states[:, :, None, None] * np.broadcast_to(slopes.confusion, whole).transpose(0, 2, 1)[:, None]
        errors -= (wrong.reshape(len(wrong), -1) @ products.reshape(len(periods), -1, classes)).transpose(1, 0, 2)
    if method == "shrunk":
        own = shrunk_shares(states, seen, confusion)
        doubts = own.doubts(len(drawn), seed=int(rng.integers(2**31)))  # each camp errs in its own way
        errors += doubts.T[:, :, None] * own.apart
    return estimates, errors
