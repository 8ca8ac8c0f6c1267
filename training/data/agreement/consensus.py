"""One label a passage out of several annotators': decided, or left open, with its probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from ....model.errors import UserError
from ..corpus import OPTIONAL
from .dawid_skene import dawid_skene, majority
from .ratings import MISSING, Ratings

METHODS: Mapping[str, Callable[..., np.ndarray]] = MappingProxyType(
    {
        "majority": majority,
        "dawid-skene": lambda values, *, kinds: dawid_skene(values, kinds=kinds).probabilities,
    }
)
"""Method -> ``(passages, values)`` probabilities from ``(annotators, passages)`` values; majority: shares of votes."""
EVEN = 0.5 + 1e-9
"""A label is decided above this probability, so that a tie stays open."""


@dataclass(frozen=True)
class Decided:
    """A task's consensus.

    Attributes:
        labels: a label (single) or list of labels (multi) a passage; None where it is open.
        probability: ``(passages,)``, of the likeliest value, decided or not; of a multi task that of its least certain
            label. NaN where nobody labelled.
    """

    labels: list[Any]
    probability: np.ndarray

    @property
    def undecided(self) -> int:
        """Labelled passages without a decision."""
        return sum(label is None for label in self.labels) - int(np.isnan(self.probability).sum())


def decide(ratings: Ratings, *, method: str) -> dict[str, Decided]:
    """Task -> its consensus by `majority` or `dawid-skene`: what is more likely than not.

    Of a multi task each label is decided by itself, and all are open where one is.

    Raises:
        UserError: no such method.
    """
    if method not in METHODS:
        raise UserError(f"--consensus {method}: one of {', '.join(METHODS)} is expected")
    found = {}
    for name, task in ratings.codebook.tasks.items():
        if task.kind == "single":
            probs = METHODS[method](ratings.single(name), kinds=len(task.leaves))
            likely = probs.max(axis=1)
            best = np.where(likely > EVEN, np.nan_to_num(probs).argmax(axis=1), MISSING).tolist()
            found[name] = Decided([None if k == MISSING else task.leaves[k] for k in best], likely)
            continue
        on = np.stack([METHODS[method](values, kinds=2)[:, 1] for values in ratings.multi(name)], axis=1)
        likely = np.maximum(on, 1 - on).min(axis=1)
        sets = [[leaf for leaf, p in zip(task.leaves, row, strict=True) if p > EVEN] for row in on]
        found[name] = Decided([own if sure > EVEN else None for own, sure in zip(sets, likely, strict=True)], likely)
    return found


def consensus_rows(ratings: Ratings, *, method: str) -> list[dict[str, Any]]:
    """A row a passage, as a corpus has it: text, id and the like, its tasks, and `<task>_probability`.

    What is open is None, which is *not labelled*. `annotators` says how many have seen the passage.

    Raises:
        UserError: no such method; the rows have no texts.
    """
    corpus, first = ratings.corpus, ratings.first
    if not all(corpus.texts[row] for row in first):
        raise UserError("the rows have no text: name passages with the same ids with --texts FILE")
    decided = decide(ratings, method=method)
    seen = (ratings.rows != MISSING).sum(axis=0)
    carried = [name for name in OPTIONAL if name in corpus.columns and name != "annotator"]
    rows = []
    for i, row in enumerate(first):
        labels = {name: own.labels[i] for name, own in decided.items()}
        probabilities = {
            f"{name}_probability": None if np.isnan(own.probability[i]) else round(float(own.probability[i]), 4)
            for name, own in decided.items()
        }
        columns = {name: corpus.column(name)[row] for name in carried}
        rows.append({"text": corpus.texts[row], **columns, **labels, **probabilities, "annotators": int(seen[i])})
    return rows
