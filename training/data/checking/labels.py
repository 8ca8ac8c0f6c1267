"""How many passages have each label, in each part, and which labels nothing can be said about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ....model.codebook import Task
from ..corpus import SPLITS, Corpus
from .finding import Finding, Table
from .material import Material

FEW = 10
"""Passages below which a label is hardly learned, and its figure says little."""


def check_labels(material: Material) -> Iterator[Finding | Table]:
    """Counts a label and part; empty cells; labels and tasks that are missing where they are needed."""
    corpus = material.corpus
    parts = {name: material.part(name) for name in SPLITS} if material.divided else {}
    yield label_counts(corpus, parts=parts)
    unlabelled = np.flatnonzero(~np.any([corpus.labelled(name) for name in corpus.codebook.tasks], axis=0))
    if len(unlabelled):
        yield Finding(
            f"{len(unlabelled):,} of {len(corpus):,} passages have no label of any task: they teach nothing",
            "doubtful",
            "Label them, or leave them out",
            material.spots(unlabelled),
        )
    for part in parts:
        if not parts[part].any() and part != "validation":
            yield Finding(
                f"the column split names no passage for {part}", "wrong", "Divide anew: narrashift data split"
            )
    for name, task in corpus.codebook.tasks.items():
        yield from _check_task(name, task, material=material, parts=parts)


def on_of(corpus: Corpus, task: str) -> np.ndarray:
    """Which passages have which label of a task: ``(passages, leaves)`` bool, False where unlabelled."""
    values = corpus.targets[task]
    leaves = len(corpus.codebook.tasks[task].leaves)
    return values[:, None] == np.arange(leaves) if values.ndim == 1 else np.nan_to_num(values) > 0


def label_counts(corpus: Corpus, *, parts: Mapping[str, np.ndarray]) -> Table:
    """How many passages have each label, in all and in each part (name -> ``(passages,)`` bool)."""
    rows: list[tuple[str | int | float | None, ...]] = []
    for name, task in corpus.codebook.tasks.items():
        known, on = corpus.labelled(name), on_of(corpus, name)
        of_part = list(parts.values())
        for i, leaf in enumerate(task.leaves):
            inside = (int(on[part, i].sum()) for part in of_part)
            rows.append((name, leaf, int(on[:, i].sum()), on[:, i].sum() / max(known.sum(), 1), *inside))
        if task.kind == "multi":
            none = known & ~on.any(axis=1)
            inside = (int(none[part].sum()) for part in of_part)
            rows.append((name, "(none)", int(none.sum()), none.sum() / max(known.sum(), 1), *inside))
        if not known.all():
            inside = (int((~known)[part].sum()) for part in of_part)
            rows.append((name, "(not labelled)", int((~known).sum()), None, *inside))
    return Table(f"{len(corpus):,} passages", ("task", "label", "passages", "share", *parts), tuple(rows))


def _check_task(name: str, task: Task, *, material: Material, parts: dict[str, np.ndarray]) -> Iterator[Finding]:
    corpus = material.corpus
    known, on = corpus.labelled(name), on_of(corpus, name)
    if not known.any():
        yield Finding(
            f"task {name}: no passage is labelled",
            "wrong",
            f"Label some, name the column with --column {name}=NAME, or take the task out of the codebook",
        )
        return
    if task.kind == "multi" and not on.any():
        yield Finding(
            f"task {name}: every cell is empty, which says that no label holds",
            "wrong",
            "Where nobody has looked yet, write ? (in JSONL null) instead",
        )
        return
    if task.kind == "single" and on.any(axis=0).sum() == 1:
        only = task.leaves[int(on.any(axis=0).argmax())]
        yield Finding(f"task {name}: every passage is labelled {only}", "wrong", "Two labels are needed to learn from")
    train, test = material.part("train"), material.part("test")
    for i, leaf in enumerate(task.leaves):
        total, learned, measured = (int(on[part, i].sum()) for part in (np.ones(len(corpus), bool), train, test))
        if total == 0:
            yield Finding(
                f"{name} {leaf}: no passage has this label", "doubtful", "Label some, or take it out of the codebook"
            )
        elif not parts:
            if total < FEW:
                yield _few(f"{name} {leaf}: {total} passages", on[:, i], material=material)
        elif test.any() and measured == 0:
            yield Finding(
                f"{name} {leaf}: of {total:,} passages with this label none is in test; macro-F1 would leave it "
                "out and say nothing of it",
                "dishonest",
                "Divide anew with narrashift data split, which draws even parts, or label more",
            )
        elif learned == 0:
            yield Finding(
                f"{name} {leaf}: no train passage has this label, {measured:,} test passages do",
                "doubtful",
                "Divide anew with narrashift data split, or label more",
            )
        elif min(learned, measured) < FEW:
            told = f"{name} {leaf}: {learned:,} train and {measured:,} test passages"
            yield _few(told, on[:, i], material=material)
    for part, inside in parts.items():
        if inside.any() and not known[inside].any():
            yield Finding(f"task {name}: no {part} passage is labelled", "wrong", "Label some, or divide anew")


def _few(told: str, on: np.ndarray, *, material: Material) -> Finding:
    return Finding(
        f"{told}: too few to learn from or to measure",
        "doubtful",
        "Label more of it",
        material.spots(np.flatnonzero(on)),
    )
