"""Streams of real passages in which a narrative shifts when we say: the classifier's own errors are in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from narrashift.model.bundle import open_bundle
from narrashift.model.codebook import Codebook
from narrashift.model.decision import all_probabilities, answers
from narrashift.serving.engines import choose_engine, open_engine
from narrashift.serving.settings import ScoreSettings

REAL = Path(__file__).parents[3] / "shared" / "data" / "realwar" / "dev.jsonl"
STARTER = Path(__file__).parents[2] / "seeds" / "corpus.jsonl"
LEAST = 15
"""Passages with a label, and without it, that a half must have for the label's share to be planted."""
SWING = 0.3
"""Standard deviation of the log of weekly volume, besides Poisson noise."""


@dataclass(frozen=True)
class Burst:
    """What a source's weeks do without a shift.

    Attributes:
        spread: intra-week correlation: the week's true share varies with variance share (1 − share) spread.
        correlation: of that deviation with the week before.
        reprints: probability that an article repeats an earlier one of its week.
    """

    spread: float
    correlation: float
    reprints: float


BURSTS = {
    "none": Burst(0.0, 0.0, 0.0),
    "moderate": Burst(0.005, 0.3, 0.05),
    "strong": Burst(0.02, 0.5, 0.2),
}


@dataclass(frozen=True)
class Pool:
    """Labelled passages with what the bundle says of them.

    Attributes:
        labels: `(task, label)` of every column, parents included.
        true, soft, hard: ``(passages, columns)``: the true labels (0/1), the probabilities, the decided labels (0/1).
    """

    labels: tuple[tuple[str, str], ...]
    true: np.ndarray
    soft: np.ndarray
    hard: np.ndarray

    def half(self, rows: np.ndarray) -> Pool:
        return Pool(self.labels, self.true[rows], self.soft[rows], self.hard[rows])

    def plantable(self) -> list[int]:
        """Columns of leaves that enough passages have and enough have not."""
        positive = (self.true == 1).sum(axis=0)
        negative = (self.true == 0).sum(axis=0)
        leaf = [label not in ("gains", "losses") for _, label in self.labels]
        return np.flatnonzero((np.minimum(positive, negative) >= LEAST) & leaf).tolist()

    def series(self) -> list[list[int]]:
        """Columns of each series: all of a single task's together, one of a multi task's alone."""
        single = [i for i, (task, _) in enumerate(self.labels) if task == "stance"]
        return [single, *([i] for i in range(len(self.labels)) if i not in single)]


def read_pools(bundle: Path, *, data: Path) -> tuple[Pool, Pool]:
    """Two halves of the labelled passages, by a digest of their text, scored by the bundle."""
    rows = [json.loads(line) for line in data.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row.get("split", "test") == "test"]
    opened = open_bundle(bundle)
    codebook = opened.codebook
    settings = ScoreSettings(carry={})
    classifier = open_engine(opened, engine=choose_engine(opened, settings=settings), settings=settings)
    logits = classifier.logits([row["text"] for row in rows]).tasks
    leaves = all_probabilities(logits, codebook=codebook, decision=opened.decision)
    decided = answers(leaves, codebook=codebook, decision=opened.decision)
    columns = [task.with_parents(leaves[name])[label] for name, task in codebook.tasks.items() for label in task.labels]
    soft = np.stack(columns, axis=1)
    labels = tuple((name, label) for name, task in codebook.tasks.items() for label in task.labels)
    true = _columns([{name: row.get(name) for name in codebook.tasks} for row in rows], labels, codebook)
    hard = _columns([{name: decided[name][i] for name in codebook.tasks} for i in range(len(rows))], labels, codebook)
    pool = Pool(labels, true, soft, hard)
    order = np.argsort([hashlib.sha256(row["text"].encode()).hexdigest() for row in rows])
    return pool.half(order[::2]), pool.half(order[1::2])


def _columns(rows: Sequence[dict], labels: Sequence[tuple[str, str]], codebook: Codebook) -> np.ndarray:
    """``(passages, columns)``: 1 where a passage has a label or one of its children."""
    found = np.zeros((len(rows), len(labels)))
    for column, (task, label) in enumerate(labels):
        children = {name for name, own in codebook.tasks[task].labels.items() if own.parent == label} | {label}
        for i, row in enumerate(rows):
            value = row[task]
            found[i, column] = bool(({value} if isinstance(value, str) else set(value or ())) & children)
    return found


@dataclass(frozen=True)
class Stream:
    """One source: articles of one passage each, in the order of weeks.

    Attributes:
        passages: ``(articles,)`` int: rows of the pool.
        week: ``(articles,)`` int, ascending.
        weeks: how many.
        column: whose share was planted.
        at: first week of the new share, or None.
        before, after: true shares planted.
        again: ``(articles,)`` bool: printed before in its week.
    """

    passages: np.ndarray
    week: np.ndarray
    weeks: int
    column: int
    at: int | None
    before: float
    after: float
    again: np.ndarray

    def once(self) -> Stream:
        """Without what is printed again, as `narrashift shift` counts. (A passage drawn twice is no reprint.)"""
        return self._only(~self.again, weeks=self.weeks)

    def values(self, values: np.ndarray, columns: Sequence[int]) -> np.ndarray:
        """``(articles, classes)``: the columns' values; of one column, off and on."""
        own = values[self.passages][:, list(columns)]
        return np.concatenate([1 - own, own], axis=1) if len(columns) == 1 else own

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Weekly sums of articles' values: ``(weeks, classes)``."""
        return np.stack([np.bincount(self.week, column, self.weeks) for column in values.T], axis=1)

    def until(self, week: int) -> Stream:
        """The stream as it was before this week."""
        return self._only(self.week < week, weeks=week)

    def _only(self, kept: np.ndarray, *, weeks: int) -> Stream:
        return replace(self, passages=self.passages[kept], week=self.week[kept], again=self.again[kept], weeks=weeks)


def draw_stream(
    pool: Pool, *, rng: np.random.Generator, articles: int, shift: float, burst: Burst, columns: Sequence[int]
) -> Stream:
    """52 to 104 weeks of passages drawn from the pool by the planted label's true share.

    The share is 0.1 to 0.5 where it is the lower one of the two, and moves up or down by `shift` in a week of the
    middle three fifths. Within those that have the label, and those that have not, passages are drawn alike.
    """
    weeks = int(rng.integers(52, 105))
    column = int(rng.choice(columns))
    low = rng.uniform(0.1, 0.5)
    before, after = (low, low + shift) if rng.random() < 0.5 else (low + shift, low)
    at = int(rng.integers(round(0.2 * weeks), round(0.8 * weeks))) if shift else None
    level = np.where(np.arange(weeks) < (weeks if at is None else at), before, after)
    deviation = rng.standard_normal(weeks)
    for week in range(1, weeks):
        fresh = np.sqrt(1 - burst.correlation**2) * deviation[week]
        deviation[week] = burst.correlation * deviation[week - 1] + fresh
    share = np.clip(level + np.sqrt(burst.spread * level * (1 - level)) * deviation, 0, 1)
    volume = np.maximum(rng.poisson(articles * np.exp(SWING * rng.standard_normal(weeks) - SWING**2 / 2)), 1)
    has, has_not = np.flatnonzero(pool.true[:, column] == 1), np.flatnonzero(pool.true[:, column] == 0)
    drawn, again = [], []
    for week in range(weeks):
        on = rng.random(volume[week]) < share[week]
        own = np.where(on, rng.choice(has, volume[week]), rng.choice(has_not, volume[week]))
        reprinted = rng.random(volume[week]) < burst.reprints
        reprinted[0] = False
        for i in np.flatnonzero(reprinted):
            own[i] = own[rng.integers(i)]
        drawn.append(own)
        again.append(reprinted)
    passages, weekly = np.concatenate(drawn), np.repeat(np.arange(weeks), volume)
    return Stream(passages, weekly, weeks, column, at, before, after, np.concatenate(again))
