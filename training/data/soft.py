"""Soft labels of a corpus: columns `soft.task.leaf` with the probability of each leaf, as weighed votes leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...model.codebook import Codebook, Task
from .labels import is_missing

TOLERANCE = 0.02
"""By how much the probabilities of a single task's leaves may miss 1, for rounding."""


def soft_column(task: str, leaf: str) -> str:
    """The column of a leaf's probability."""
    return f"soft.{task}.{leaf}"


def soft_tasks(columns: Mapping[str, Any], *, codebook: Codebook) -> list[str]:
    """Tasks of which a file has any such column."""
    return [
        name for name, task in codebook.tasks.items() if any(soft_column(name, leaf) in columns for leaf in task.leaves)
    ]


def read_soft(values: Mapping[str, Any], *, name: str, task: Task) -> tuple[np.ndarray, str | None]:
    """Probabilities ``(leaves,)`` of one row, NaN where it has none, and what is wrong with them."""
    given = [values.get(soft_column(name, leaf)) for leaf in task.leaves]
    nothing = np.full(len(task.leaves), np.nan)
    missing = [is_missing(value) or value == "" for value in given]
    if all(missing):
        return nothing, None
    if any(missing):
        absent = ", ".join(soft_column(name, leaf) for leaf, gone in zip(task.leaves, missing, strict=True) if gone)
        return nothing, f"{absent}: missing; all leaves of a task have a probability, or none has"
    try:
        found = np.array([float(value) for value in given])  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return nothing, f"{given!r} are no numbers"
    if not np.all((found >= 0) & (found <= 1)):
        return nothing, f"{given!r} are no probabilities (0..1)"
    if task.kind == "single":
        if abs(found.sum() - 1) > TOLERANCE:
            return nothing, f"{given!r} sum to {found.sum():.3f}; 1 is expected"
        found /= found.sum()
    return found, None


def learned_targets(
    targets: Mapping[str, np.ndarray], soft: Mapping[str, np.ndarray], *, codebook: Codebook
) -> dict[str, np.ndarray]:
    """What to learn from: soft labels where there are any and no label contradicts them, else the labels.

    A passage whose label was put right by hand keeps the hand's.

    Returns:
        Task -> its targets as they are, or ``(passages, leaves)`` probabilities, a row of NaN where unlabelled.
    """
    learned = {}
    for name, hard in targets.items():
        if name not in soft:
            learned[name] = hard
            continue
        single, leaves = hard.ndim == 1, len(codebook.tasks[name].leaves)
        full = np.where((hard >= 0)[:, None], np.eye(leaves)[hard], np.nan) if single else hard
        labelled = ~np.isnan(full).any(axis=1)
        told = np.nan_to_num(soft[name])
        decided = np.eye(leaves)[told.argmax(axis=1)] if single else (told >= 0.5).astype(float)
        contradicted = labelled & (decided != full).any(axis=1)
        use = ~np.isnan(soft[name]).any(axis=1) & ~contradicted
        learned[name] = np.where(use[:, None], soft[name], full)
    return learned


def stacked(rows: Sequence[Mapping[str, np.ndarray]], *, codebook: Codebook) -> dict[str, np.ndarray]:
    """Rows' probabilities as task -> ``(passages, leaves)``; tasks of which no row has any are left out."""
    found = {}
    for name, task in codebook.tasks.items():
        nothing = np.full(len(task.leaves), np.nan)
        if any(name in row and not np.isnan(row[name]).all() for row in rows):
            found[name] = np.stack([row.get(name, nothing) for row in rows])
    return found
