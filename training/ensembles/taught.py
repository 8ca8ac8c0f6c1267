"""What the pupil of several teachers learns from: its passages' labels, and the teachers' probabilities beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...model.codebook import Codebook
from ..data.corpus import Corpus
from ..data.soft import learned_targets

SHARE = 0.5
"""Of the teachers in what a labelled passage is learnt as; the label has the rest."""
SURE = 1e-6
"""From 0 and 1 that a teacher keeps, so that against a label it never has the last word."""


def taught(corpus: Corpus, probabilities: Mapping[str, np.ndarray]) -> Corpus:
    """The corpus with soft labels: half what it says itself, half what the teachers say (Hinton et al. 2015).

    Cross-entropy is linear in its target, so this is the sum of the two losses that Hinton, Vinyals & Dean ("Distilling
    the Knowledge in a Neural Network") weigh, at the teachers' own, calibrated temperature. Where a passage has no
    label, the teachers' word is all there is.

    Args:
        probabilities: task -> ``(passages, leaves)``, the teachers'.
    """
    labels = learned_targets(corpus.targets, corpus.soft, codebook=corpus.codebook)
    soft = {}
    for name, task in corpus.codebook.tasks.items():
        own = labels[name]
        if own.ndim == 1:
            own = np.where((own >= 0)[:, None], np.eye(len(task.leaves))[own], np.nan)
        told = np.clip(np.asarray(probabilities[name], dtype=np.float64), SURE, 1 - SURE)
        told = told / told.sum(axis=1, keepdims=True) if task.kind == "single" else told
        unlabelled = np.isnan(own).any(axis=1, keepdims=True)
        soft[name] = np.where(unlabelled, told, (1 - SHARE) * np.nan_to_num(own) + SHARE * told)
    return replace(corpus, soft=soft)


def mean_probabilities(told: Sequence[Mapping[str, np.ndarray]], *, codebook: Codebook) -> dict[str, np.ndarray]:
    """What teachers say on average: task -> ``(passages, leaves)``. NaN in one of them is silence.

    Args:
        told: each teacher's probabilities, all of the same passages.
    """
    return {name: np.nanmean([one[name] for one in told], axis=0) for name in codebook.tasks}
