"""The worst errors: test passages where a model was surest and wrong, to be read by a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...model.codebook import Task
from ..data.corpus import Corpus
from .evaluation import Predictions, truth

STYLE = (
    "table{border-collapse:collapse;font:14px/1.4 sans-serif}"
    "th,td{padding:.4em .8em;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}"
    "td:nth-child(2){max-width:60em}"
)


def worst_errors(predicted: Predictions, *, corpus: Corpus, most: int = 100) -> list[dict[str, Any]]:
    """Wrongly decided passages of all tasks, surest first.

    Returns:
        Rows with `task`, `text`, `true`, `decided`, `sureness` (largest probability by which a label
        was missed or wrongly given, 0..1), `id`, `source`.
    """
    rows: list[dict[str, Any]] = []
    for name, task in corpus.codebook.tasks.items():
        true, on, probs = truth(corpus, name), predicted.on[name], predicted.probabilities[name]
        wrong = (true != on) & corpus.labelled(name)[:, None]
        sureness = np.where(wrong, np.where(true, 1 - probs, probs), 0).max(axis=1)
        for i in np.flatnonzero(wrong.any(axis=1)):
            rows.append(
                {
                    "task": name,
                    "text": corpus.texts[i],
                    "true": _leaves(true[i], task=task),
                    "decided": _leaves(on[i], task=task),
                    "sureness": round(float(sureness[i]), 4),
                    "id": corpus.column("id")[i],
                    "source": corpus.column("source")[i],
                }
            )
    return sorted(rows, key=lambda row: -row["sureness"])[:most]


def errors_page(rows: Sequence[dict[str, Any]]) -> str:
    """The same rows as an HTML page with whole passages; MLflow's table cuts a cell after some twenty characters."""
    frame = pd.DataFrame(rows).dropna(axis="columns", how="all")
    # pandas cuts cells too, at 50 characters by default
    with pd.option_context("display.max_colwidth", None):
        table = frame.to_html(index=False, border=0, escape=True, float_format="{:.3f}".format)
    return f"<!doctype html><meta charset='utf-8'><title>worst errors</title><style>{STYLE}</style>{table}"


def _leaves(on: np.ndarray, *, task: Task) -> str:
    """Without parents, which only take room: MLflow cuts a cell after some twenty characters."""
    return joined_names([leaf for leaf, yes in zip(task.leaves, on, strict=True) if yes])


def joined_names(labels: str | list[str] | None) -> str:
    """Decided or true labels as one cell of a table."""
    return labels if isinstance(labels, str) else ", ".join(labels or ()) or "(none)"
