"""Measure a bundle on labelled passages: every figure with its bootstrap interval."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...model.bundle import Bundle, open_bundle
from ...model.codebook import Codebook
from ...model.decision import Decision, all_probabilities, decide
from ...model.errors import UserError
from ..data.corpus import Corpus
from .bootstrap import RESAMPLES, Figure, interval, resample_weights
from .metrics import task_figures


@dataclass(frozen=True)
class Report:
    """All figures of one model on one corpus, by name (`macro_f1/stance`, `f1/frame/gains_ukraine`, …)."""

    figures: dict[str, Figure]
    passages: int
    resampled: str

    def flat(self) -> dict[str, float | None]:
        """`name`, `name_lo`, `name_hi` for each figure; None where it is undefined."""
        values: dict[str, float | None] = {"passages": self.passages}
        for name, figure in self.figures.items():
            for suffix, number in (("", figure.value), ("_lo", figure.lo), ("_hi", figure.hi)):
                values[name + suffix] = None if math.isnan(number) else round(number, 6)
        return values

    def to_json(self) -> str:
        return json.dumps(self.flat())

    def headline(self) -> dict[str, Figure]:
        """The figures of whole tasks."""
        return {name: figure for name, figure in self.figures.items() if name.count("/") == 1}

    @property
    def score(self) -> float:
        """One number to compare models by: the mean of the tasks' macro-F1, as far as defined."""
        values = [f.value for name, f in self.figures.items() if name.startswith("macro_f1/")]
        defined = [v for v in values if not math.isnan(v)]
        return float(np.mean(defined)) if defined else float("nan")


@dataclass(frozen=True)
class Predictions:
    """What a model says of a corpus: task -> ``(passages, leaves)`` probabilities and decided labels."""

    probabilities: dict[str, np.ndarray]
    on: dict[str, np.ndarray]

    def select(self, indices: np.ndarray) -> Predictions:
        """Of the passages at these indices."""
        return Predictions(
            probabilities={name: values[indices] for name, values in self.probabilities.items()},
            on={name: values[indices] for name, values in self.on.items()},
        )


def evaluate(*, bundle: Path | str | Bundle, corpus: Corpus, resamples: int = RESAMPLES) -> Report:
    """Measure a bundle, transformer or TF-IDF, on labelled passages.

    Raises:
        UserError: no bundle, or the corpus was read with another codebook than the bundle's.
    """
    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    return measure(predict(opened, corpus), corpus=corpus, resamples=resamples)


def predict(bundle: Bundle, corpus: Corpus) -> Predictions:
    """What a bundle says of a corpus of its codebook."""
    check_codebook(bundle, corpus.codebook)
    logits = bundle.classifier().logits(corpus.texts).tasks
    return predictions(logits, decision=bundle.decision, codebook=bundle.codebook)


def check_codebook(bundle: Bundle, codebook: Codebook) -> None:
    """Raise a `UserError` where a corpus was labelled by another codebook than the bundle's."""
    if bundle.codebook.digest != codebook.digest:
        raise UserError(
            f"{bundle.path}: its codebook ({bundle.codebook.name} {bundle.codebook.version}) is not the one of the "
            f"passages ({codebook.name} {codebook.version}). Give the passages the bundle's: "
            f"--codebook {bundle.path / 'codebook.toml'}"
        )


def predictions(logits: Mapping[str, np.ndarray], *, decision: Decision, codebook: Codebook) -> Predictions:
    """Probabilities and decided labels from logits."""
    probs = all_probabilities(logits, codebook=codebook, decision=decision)
    on = {name: decide(probs[name], task=task, decision=decision.tasks[name]) for name, task in codebook.tasks.items()}
    return Predictions(probabilities=probs, on=on)


def truth(corpus: Corpus, task: str) -> np.ndarray:
    """True labels ``(passages, leaves)`` bool; rows of unlabelled passages are all False."""
    values = corpus.targets[task]
    if values.ndim == 1:
        return values[:, None] == np.arange(len(corpus.codebook.tasks[task].leaves))
    return np.nan_to_num(values) > 0


def measure(predicted: Predictions, *, corpus: Corpus, resamples: int = RESAMPLES, seed: int = 0) -> Report:
    """Every figure with its interval; resamples draw groups where the corpus has them, else passages.

    Where the corpus has a `weight` column, every figure is weighted by it.
    """
    figures = {
        key: interval(estimate, resampled)
        for key, (estimate, resampled) in resampled_figures(
            predicted, corpus=corpus, resamples=resamples, seed=seed
        ).items()
    }
    return Report(
        figures=figures, passages=len(corpus), resampled="groups" if "group" in corpus.columns else "passages"
    )


def resampled_figures(
    predicted: Predictions, *, corpus: Corpus, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, tuple[float, np.ndarray]]:
    """Every figure by name: its estimate, and its value in each resample, ``(resamples,)``.

    The same seed draws the same passages, whatever the predictions: so two models can be compared in pairs.
    """
    found: dict[str, tuple[float, np.ndarray]] = {}
    for name, task in corpus.codebook.tasks.items():
        known = corpus.labelled(name)
        if not known.any():
            continue
        answers = {
            "truth": truth(corpus, name)[known],
            "probs": predicted.probabilities[name][known],
            "on": predicted.on[name][known],
        }
        estimate = dict(task_figures(corpus.weights[None, known], name=name, task=task, **answers))
        resampled: dict[str, list[np.ndarray]] = {key: [] for key in estimate}
        for weights in resample_weights(corpus, resamples=resamples, seed=seed):
            for key, values in task_figures(weights[:, known], name=name, task=task, **answers):
                resampled[key].append(values)
        found |= {key: (float(estimate[key][0]), np.concatenate(resampled[key])) for key in estimate}
    return found
