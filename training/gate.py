"""Whether a new model may take the champion's place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .data.corpus import Corpus
from .measuring.bootstrap import RESAMPLES
from .measuring.evaluation import Predictions
from .measuring.paired import Difference, paired_differences

MARGIN = 0.05
"""F1 that a label may lose."""
FEWEST = 10
"""Passages with a label below which its F1 says too little to stop a model."""
SURE = 0.05


@dataclass(frozen=True)
class Verdict:
    """Whether the gate is open, why not, and the difference of the mean macro-F1."""

    open: bool
    reasons: tuple[str, ...]
    overall: Difference


def gate(
    new: Predictions, champion: Predictions, *, corpus: Corpus, margin: float = MARGIN, resamples: int = RESAMPLES
) -> Verdict:
    """Compare two models on the same labelled passages.

    The gate is shut where the new one is worse overall (mean macro-F1 of the tasks) with p < 0.05 in a paired
    bootstrap test, or loses more than `margin` of F1 at any label that ten passages or more have.
    """
    differences = paired_differences(new, champion, corpus=corpus, resamples=resamples)
    overall = differences["score"]
    reasons = []
    if overall.value < 0 and overall.p < SURE:
        reasons.append(f"it is worse overall: mean macro-F1 {overall}")
    for name, task in corpus.codebook.tasks.items():
        for i, leaf in enumerate(task.leaves):
            own = differences.get(f"f1/{name}/{leaf}")
            values = corpus.targets[name]
            count = int((values == i).sum() if task.kind == "single" else np.nansum(values[:, i]))
            if own is not None and count >= FEWEST and own.value < -margin:
                reasons.append(f"{name} {leaf} loses more than {margin:g} of F1: {own}")
    return Verdict(open=not reasons, reasons=tuple(reasons), overall=overall)
