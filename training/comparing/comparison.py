"""What differs between models: settings, figures on the same passages, and the passages they disagree on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

from ...model.bundle import Bundle
from ...model.decision import names
from ..data.corpus import Corpus
from ..measuring.bootstrap import RESAMPLES
from ..measuring.errors_table import joined_names
from ..measuring.evaluation import Predictions, Report, measure, predict, truth
from ..measuring.paired import Difference, paired_differences

MOST = 60
"""Passages shown on which the models disagree."""


@dataclass(frozen=True)
class Disagreement:
    """A passage and task that the models answer differently: the true labels and each model's, by name."""

    text: str
    identity: str
    task: str
    true: str
    answers: tuple[str, ...]
    spread: float


@dataclass(frozen=True)
class Comparison:
    """Models on the same passages; everything in the order in which the models were named.

    Attributes:
        settings: what differs, name -> a value for each model.
        differences: (index of one, index of another) -> figure -> difference, one less the other.
        confusions: single task -> ``(models, true, decided)`` counts.
    """

    models: tuple[str, ...]
    corpus: Corpus
    settings: dict[str, tuple[Any, ...]]
    reports: tuple[Report, ...]
    differences: dict[tuple[int, int], dict[str, Difference]]
    confusions: dict[str, np.ndarray]
    disagreements: tuple[Disagreement, ...]
    disagreed: int


def compare(bundles: Mapping[str, Bundle], *, corpus: Corpus, resamples: int = RESAMPLES) -> Comparison:
    """Measure models on the same labelled passages.

    Args:
        bundles: name -> bundle, two or more, all of the corpus's codebook.

    Raises:
        UserError: a bundle has another codebook.
    """
    predicted = [predict(bundle, corpus) for bundle in bundles.values()]
    disagreements = _disagreements(predicted, corpus=corpus)
    return Comparison(
        models=tuple(bundles),
        corpus=corpus,
        settings=_differing([_described(bundle) for bundle in bundles.values()]),
        reports=tuple(measure(one, corpus=corpus, resamples=resamples) for one in predicted),
        differences={
            (i, j): paired_differences(predicted[i], predicted[j], corpus=corpus, resamples=resamples)
            for i, j in combinations(range(len(predicted)), 2)
        },
        confusions={
            name: np.stack([_confusion(one, corpus, task=name) for one in predicted])
            for name, task in corpus.codebook.tasks.items()
            if task.kind == "single" and corpus.labelled(name).any()
        },
        disagreements=tuple(disagreements[:MOST]),
        disagreed=len(disagreements),
    )


def _described(bundle: Bundle) -> dict[str, Any]:
    """What a reader would want to know that differs: settings, data, seed, code."""
    made = bundle.json("provenance.json")
    data = {f"{part} passages": own["passages"] for part, own in made.get("data", {}).items()}
    digests = {f"{part} data": own["digest"] for part, own in made.get("data", {}).items()}
    rest = {key: made[key] for key in ("split", "narrashift", "commit", "precision") if key in made}
    return {"kind": bundle.kind, **made.get("settings", {}), **data, **digests, **rest}


def _differing(described: Sequence[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    known = dict.fromkeys(key for one in described for key in one)
    rows = {key: tuple(one.get(key) for one in described) for key in known}
    return {key: values for key, values in rows.items() if any(value != values[0] for value in values)}


def _confusion(predicted: Predictions, corpus: Corpus, *, task: str) -> np.ndarray:
    known, count = corpus.labelled(task), len(corpus.codebook.tasks[task].leaves)
    decided = predicted.on[task].argmax(axis=1)[known]
    return confusion_matrix(corpus.targets[task][known], decided, labels=range(count))


def _disagreements(predicted: Sequence[Predictions], *, corpus: Corpus) -> list[Disagreement]:
    """Those on which the models' probabilities lie furthest apart first."""
    found = []
    for name, task in corpus.codebook.tasks.items():
        on = np.stack([one.on[name] for one in predicted])
        probs = np.stack([one.probabilities[name] for one in predicted])
        differ = (on != on[0]).any(axis=(0, 2)) & corpus.labelled(name)
        spread = (probs.max(axis=0) - probs.min(axis=0)).max(axis=1)
        true = names(truth(corpus, name), task=task)
        answers = [names(one.on[name], task=task) for one in predicted]
        for i in np.flatnonzero(differ):
            found.append(
                Disagreement(
                    text=corpus.texts[i],
                    identity=corpus.column("id")[i] or f"passage {i + 1}",
                    task=name,
                    true=joined_names(true[i]),
                    answers=tuple(joined_names(own[i]) for own in answers),
                    spread=float(spread[i]),
                )
            )
    return sorted(found, key=lambda one: -one.spread)
