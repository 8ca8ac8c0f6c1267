"""The worst errors: test passages where a model was surest and wrong, to be read by a person."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model.decision import names
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
        true_names, decided_names = names(true, task=task), names(on, task=task)
        for i in np.flatnonzero(wrong.any(axis=1)):
            rows.append(
                {
                    "task": name,
                    "text": corpus.texts[i],
                    "true": joined_names(true_names[i]),
                    "decided": joined_names(decided_names[i]),
                    "sureness": round(float(sureness[i]), 4),
                    "id": corpus.column("id")[i],
                    "source": corpus.column("source")[i],
                }
            )
    return sorted(rows, key=lambda row: -row["sureness"])[:most]


def joined_names(labels: str | list[str] | None) -> str:
    """Decided or true labels as one cell of a table."""
    return labels if isinstance(labels, str) else ", ".join(labels or ()) or "(none)"
