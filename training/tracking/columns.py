"""The view of MLflow's run table that shows figures: without it the table has no column of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...model.codebook import Codebook

KEY = "narrashift"
TAG = f"mlflow.sharedViewState.{KEY}"
"""Tag of an experiment from which the UI takes the view that `?viewStateShareKey=narrashift` asks for."""
PARAMS = ("seed", "train_passages", "learning_rate", "epochs", "batch")
PIXELS, MARGIN = 7, 18
"""Of a letter and beside it: the UI would cut the names of all metrics to their common beginning."""


def view_with(codebook: Codebook, *, present: str | None = None) -> str:
    """The tag's value, with a column for each task's macro-F1 and the yardstick's beside it.

    Args:
        present: the value that is there; columns of other codebooks in it are kept.
    """
    figures = [f"{who}/macro_f1/{task}" for task in codebook.tasks for who in ("test", "yardstick")]
    return view_of(metrics=("validation/macro_f1", *figures), params=PARAMS, present=present)


def view_of(
    *, metrics: Sequence[str], params: Sequence[str], present: str | None = None, in_order: bool = False
) -> str:
    """The tag's value, with columns for these; those of `present` that are others are kept before them.

    Args:
        in_order: as given; else those with a long name stand first.
    """
    wanted = (*(f"metrics.`{name}`" for name in metrics), *(f"params.`{name}`" for name in params))
    columns = dict.fromkeys([*_columns(present), *wanted])
    widths = {column: PIXELS * len(column.split("`")[1]) + MARGIN for column in columns if in_order or "/" in column}
    # the UI takes the widths of columns only that `columnOrder` names
    return json.dumps({"selectedColumns": list(columns), "columnOrder": list(widths), "columnWidths": widths})


def _columns(value: str | None) -> list[str]:
    try:
        found = json.loads(value or "{}")
    except ValueError:
        return []
    columns = found.get("selectedColumns") if isinstance(found, dict) else None
    return [str(column) for column in columns if "`" in str(column)] if isinstance(columns, list) else []
