"""Two camps of known divergence, drawn from held-out passages: how far off what is said of them is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from narrashift.model.held_out import HeldOut
from narrashift.serving.shifts.passages import Source
from narrashift.serving.shifts.prevalence.answers import answer_space
from narrashift.serving.shifts.prevalence.confusion import fit_confusion
from narrashift.serving.shifts.prevalence.quantify import DEFAULT
from narrashift.serving.shifts.prevalence.questions import questions_of, true_classes
from narrashift.serving.shifts.relations.divergence import comparable, divergence_table
from narrashift.serving.shifts.relations.jensen_shannon import jensen_shannon
from narrashift.serving.shifts.relations.pooled import pool
from narrashift.serving.shifts.series import Asked

CAMPS = ("one", "other")
Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""Labels that either camp prefers."""


@dataclass(frozen=True)
class Outcome:
    """Of the weeks of one draw: a task's true divergence, the estimates with their bounds, and the plain divergence."""

    task: str
    true: float
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    plain: np.ndarray


def part_of(held_out: HeldOut, which: np.ndarray) -> HeldOut:
    """Some of the passages."""
    return replace(
        held_out,
        probabilities={name: values[which] for name, values in held_out.probabilities.items()},
        targets={name: values[which] for name, values in held_out.targets.items()},
        weights=held_out.weights[which],
        groups=held_out.groups[which],
        parts=held_out.parts[which],
    )


def draws(
    held_out: HeldOut, *, articles: tuple[int, int], apart: float, sides: Sides, weeks: int, repeats: int, seed: int = 0
) -> Iterator[Outcome]:
    """Every task's outcome in every repeat: confusions from one half of the passages, camps from the other.

    Args:
        articles: of either camp in a week.
        apart: odds by which a camp prefers passages with its own labels, `sides`; 1: the camps are alike.
    """
    rng = np.random.default_rng(seed)
    groups = np.unique(held_out.groups)
    for repeat in range(repeats):
        mine = np.isin(held_out.groups, rng.permutation(groups)[: len(groups) // 2])
        known, crowd = part_of(held_out, mine), part_of(held_out, ~mine)
        asked = []
        for question in questions_of(held_out.codebook):
            space = answer_space(question, known)
            confusion = fit_confusion(space, known, seed=repeat)
            why = confusion.uncorrected(question.classes)
            asked.append(Asked(question, space, confusion, "count" if why else DEFAULT, why))
        parents = {name: task.parents for name, task in held_out.codebook.tasks.items()}
        used, compared = comparable(asked, parents=parents)
        likely = _preferences(crowd, apart=apart, sides=sides)
        sources = [
            _source(name, crowd, number=number, weeks=weeks, likely=own, rng=rng)
            for name, number, own in zip(CAMPS, articles, likely, strict=True)
        ]
        camps = pool(
            sources,
            camp_of=dict(zip(CAMPS, CAMPS, strict=True)),
            asked=used,
            periods=weeks,
            replicates=200,
            seed=repeat,
        )
        table = divergence_table(camps, compared=compared, first=2_700, every="week", seed=repeat)
        for task in compared:
            shares = [_true_shares(task.asked, crowd, likely=own) for own in likely]
            rows = table.filter(pl.col("period").is_not_null() & (pl.col("task") == task.task))
            total = rows.filter(pl.col("label").is_null())
            if not any(one.reason for one, _ in task.asked):
                plain = _plain(rows, single=len(task.asked) == 1)
                value, low, high = (total[name].to_numpy() for name in ("divergence", "low", "high"))
                yield Outcome(task.task, float(jensen_shannon(*shares)), value, low, high, plain)


def _preferences(crowd: HeldOut, *, apart: float, sides: Sides) -> list[np.ndarray]:
    """How likely each passage is drawn by either camp: `apart` times as likely where it has one of its own labels."""
    known = np.all([crowd.labelled(name) for name in crowd.codebook.tasks], axis=0)
    found = []
    for labels in sides:
        own = np.zeros(len(crowd), dtype=bool)
        for name in labels:
            task, _, label = name.partition(".")
            own |= crowd.truth(task)[:, crowd.codebook.tasks[task].leaves.index(label)]
        likely = crowd.weights * known * np.where(own, apart, 1.0)
        found.append(likely / likely.sum())
    return found


def _source(
    name: str, crowd: HeldOut, *, number: int, weeks: int, likely: np.ndarray, rng: np.random.Generator
) -> Source:
    drawn = rng.choice(len(crowd), number * weeks, p=likely)
    return Source(
        name=name,
        leaves={task: values[drawn] for task, values in crowd.probabilities.items()},
        articles=np.arange(len(drawn) + 1),
        periods=np.arange(weeks + 1) * number,
    )


def _true_shares(asked: tuple[tuple[Asked, slice], ...], crowd: HeldOut, *, likely: np.ndarray) -> np.ndarray:
    return np.stack(
        [
            np.bincount(np.maximum(true_classes(one.question, crowd), 0), likely, minlength=len(one.question.classes))
            for one, _ in asked
        ]
    )


def _plain(rows: pl.DataFrame, *, single: bool) -> np.ndarray:
    """The divergence of the estimated shares as they are."""
    labels = rows.filter(pl.col("label").is_not_null())
    each = [
        np.stack([own[end].to_numpy() for own in labels.partition_by("label", maintain_order=True)], axis=1)
        for end in ("share_one", "share_other")
    ]
    one, other = (own[:, None, :] if single else np.stack([1 - own, own], axis=2) for own in each)
    return jensen_shannon(one, other)
