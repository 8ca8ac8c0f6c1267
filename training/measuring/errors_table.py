"""The worst errors: test passages where a model was surest and wrong, to be read by a person."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model.codebook import Task
from ..data.corpus import Corpus
from .evaluation import Predictions, truth


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


def _leaves(on: np.ndarray, *, task: Task) -> str:
    """Without parents, which only take room: MLflow cuts a cell after some twenty characters."""
    return joined_names([leaf for leaf, yes in zip(task.leaves, on, strict=True) if yes])


def joined_names(labels: str | list[str] | None) -> str:
    """Decided or true labels as one cell of a table."""
    return labels if isinstance(labels, str) else ", ".join(labels or ()) or "(none)"
