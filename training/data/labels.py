"""The value of a task's cell as a target, or what is wrong with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model.codebook import Task
from ...model.errors import suggestion


def read_target(value: Any, *, task: Task) -> tuple[Any, str | None]:
    """A task's target for one passage, and what is wrong with it."""
    leaves = task.leaves
    if is_missing(value):
        value = None
    if task.kind == "single":
        if value is None or value in ("", "?"):
            return -1, None
        if isinstance(value, str) and value in leaves:
            return leaves.index(value), None
        if isinstance(value, list | tuple):
            return -1, f"{value!r}: one label is expected, not a list"
        return -1, _no_label(str(value), task=task)
    if isinstance(value, str):  # CSV: labels joined by |; an empty cell is "none of them", a ? is "not labelled"
        value = None if value.strip() == "?" else [v.strip() for v in value.split("|") if v.strip()]
    if value is None:
        return np.full(len(leaves), np.nan), None
    if not isinstance(value, list | tuple | np.ndarray):
        return np.full(len(leaves), np.nan), f"{value!r}: a list of labels is expected"
    wrong = [str(v) for v in value if v not in leaves]
    on = np.array([float(leaf in list(value)) for leaf in leaves])
    return on, "; ".join(_no_label(v, task=task) for v in wrong) or None


def _no_label(value: str, *, task: Task) -> str:
    if value in task.parents:
        return f"{value!r} is derived from {', '.join(task.parents[value])} and never annotated; name those"
    return f"{value!r} is no label of this codebook {suggestion(value, task.leaves)}"


def is_missing(value: Any) -> bool:
    """None, or the NaN that pandas puts where a cell is empty."""
    return value is None or (isinstance(value, float) and value != value)
