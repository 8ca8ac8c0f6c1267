"""The series of a run: each source's shares of each question, period by period, corrected and with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ...model.held_out import HeldOut
from .changes.calibration import Calibration, fit_calibration
from .changes.posteriors import at_shares, own_shares
from .passages import Source
from .periods import first_day
from .prevalence.answers import AnswerSpace, answer_space
from .prevalence.articles import Articles
from .prevalence.confusion import FEWEST, Confusion, fit_confusion, plain_confusion
from .prevalence.intervals import share_intervals
from .prevalence.quantify import DEFAULT, Method
from .prevalence.questions import Question, class_probabilities, true_classes
from .prevalence.support import is_supported
from .scores import Scores
from .settings import ShiftSettings


@dataclass(frozen=True)
class Asked:
    """A question with what its shares are corrected by.

    Attributes:
        method: `count` where nothing can be corrected, and then `reason` says why.
        calibration: of its probabilities to a labelled sample of the dump, where there is one.
    """

    question: Question
    space: AnswerSpace
    confusion: Confusion
    method: Method
    reason: str | None = None
    calibration: Calibration | None = None

    @property
    def task(self) -> str:
        """The task, or `narrative`."""
        return self.question.name.partition(".")[0]

    @property
    def labels(self) -> tuple[str, ...]:
        """What the shares are of: the classes, or of an on/off question its label alone."""
        own = self.question.name.partition(".")[2]
        return (own,) if own else self.question.classes

    def articles(self, source: Source) -> Articles:
        """A source's answers."""
        return Articles(self.space.answers(source.leaves), source.articles, source.periods)


def ask(
    questions: Sequence[Question], *, scores: Scores, held_out: HeldOut | None, labelled: HeldOut | None, seed: int
) -> list[Asked]:
    """Fit each question's correction.

    Args:
        held_out: what the bundle answered on held-out passages.
        labelled: what it answered on labelled passages of the dump.
    """
    known = labelled if held_out is None else held_out
    nothing = known or _nothing(scores)
    asked = []
    for question in questions:
        space = answer_space(question, nothing)
        if known is None:
            reason = "uncorrected: the bundle keeps no answers on held-out passages, and no --labelled is given"
            asked.append(Asked(question, space, plain_confusion(space), "count", reason))
            continue
        confusion = fit_confusion(space, held_out, labelled=labelled, seed=seed)
        why = confusion.uncorrected(question.classes)
        own = None if labelled is None else _calibration(question, labelled)
        # confusions of labelled passages of the dump are its own: nothing to shrink
        method = "count" if why else DEFAULT if labelled is None else "matching"
        asked.append(Asked(question, space, confusion, method, why, own))
    return asked


def _calibration(question: Question, labelled: HeldOut) -> Calibration | None:
    """None where a class has too few labelled passages."""
    true = true_classes(question, labelled)
    known = true >= 0
    if np.bincount(true[known], minlength=len(question.classes)).min() < FEWEST:
        return None
    probs = class_probabilities(question, labelled.probabilities, codebook=labelled.codebook).astype(np.float64)
    return fit_calibration(probs[known], true[known])


def _nothing(scores: Scores) -> HeldOut:
    """Answers on no passage at all."""
    tasks = scores.codebook.tasks
    return HeldOut(
        bundle=scores.model["bundle"],
        codebook=scores.codebook,
        decision=scores.decision,
        probabilities={name: np.zeros((0, len(task.leaves)), np.float32) for name, task in tasks.items()},
        targets={
            name: np.zeros(0, np.int64) if task.kind == "single" else np.zeros((0, len(task.leaves)))
            for name, task in tasks.items()
        },
        weights=np.zeros(0),
        groups=np.zeros(0, np.int64),
        parts=np.zeros(0, "<U10"),
    )


def shares_table(source: Source, *, asked: Asked, first: int, settings: ShiftSettings) -> pl.DataFrame:
    """A row for each label and period with an article: `share` and its interval, and `raw`, the decided share.

    `supported` is whether held-out passages can explain the source's answers to the question (`support.py`).
    """
    articles = asked.articles(source)
    found = share_intervals(
        articles, asked.confusion, method=asked.method, replicates=settings.replicates, seed=settings.seed
    )
    counts = articles.counts(asked.space.size)
    held = np.flatnonzero(articles.sizes)
    supported = is_supported(counts.sum(axis=0), asked.confusion, method=asked.method)
    raw = counts[held] @ asked.space.decided / articles.sizes[held, None]
    passages = np.diff(source.articles[source.periods])
    days = [first_day(first + int(period), settings.every) for period in held]
    classes = range(len(asked.labels)) if len(asked.labels) > 1 else [1]
    return pl.concat(
        pl.DataFrame(
            {
                "by": [source.name] * len(held),
                "task": [asked.task] * len(held),
                "label": [label] * len(held),
                "period": days,
                "articles": articles.sizes[held].astype(np.int32),
                "passages": passages[held].astype(np.int32),
                "raw": raw[:, k].astype(np.float32),
                "share": found.shares[held, k].astype(np.float32),
                "low": found.low[held, k].astype(np.float32),
                "high": found.high[held, k].astype(np.float32),
                "supported": [supported] * len(held),
            },
            schema_overrides={"period": pl.Date, "supported": pl.Boolean},
        )
        for label, k in zip(asked.labels, classes, strict=True)
    )


def sums_of(source: Source, *, asked: Asked, scores: Scores) -> tuple[np.ndarray, np.ndarray, float]:
    """What a source's series is searched by.

    Returns:
        Sums over each period's articles of their mean probabilities, and of the squares, ``(periods, classes)`` each,
        and how far the mean probability of a class moves when its true share moves by one, 0..1. Probabilities are
        those at the source's own shares of the classes, which move most with the true share. An article that is
        printed again in its period counts once: it says nothing more of what the source writes.
    """
    response = 1.0
    probs = class_probabilities(asked.question, source.leaves, codebook=scores.codebook).astype(np.float64)
    if asked.method != "count":
        trained, values = asked.confusion.prior, asked.confusion.values
        if asked.calibration is not None:
            trained = asked.calibration.shares
            probs, values = asked.calibration.applied(probs), asked.calibration.applied(values)
        shares = own_shares(probs, trained=trained)
        probs = at_shares(probs, trained=trained, shares=shares)
        response = _response(asked.confusion.rates @ at_shares(values, trained=trained, shares=shares))
    passages = np.diff(source.articles)
    values = probs
    if len(passages) < len(probs):
        values = np.add.reduceat(probs, source.articles[:-1], axis=0) / passages[:, None]
    values = np.clip(values / values.sum(axis=1, keepdims=True), 0, 1)
    values = values * source.first_prints[:, None]
    ends = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    squares = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values**2, axis=0)])
    return np.diff(ends[source.periods], axis=0), np.diff(squares[source.periods], axis=0), response


def _response(means: np.ndarray) -> float:
    """A class's mean value among its own passages less that among others, mean over classes.

    Args:
        means: ``(K, K)``: row j the mean values of class j's passages.
    """
    others = (means.sum(axis=0) - np.diag(means)) / (len(means) - 1)
    return float(np.clip((np.diag(means) - others).mean(), 0.01, 1))
