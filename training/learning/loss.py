"""The training loss: all tasks at once, missing labels masked, rare labels weighted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from ...model.codebook import Codebook
from ...model.errors import UserError, suggestion
from ..data.corpus import Corpus
from ..settings import TrainSettings

MOST_WEIGHT = 10.0


def class_weights(corpus: Corpus, *, settings: TrainSettings) -> dict[str, np.ndarray]:
    """A weight for each leaf of each task: of the class (single) or of its positives (multi).

    `auto` is the square root of the inverse frequency, relative to an even share (single) or to the
    negatives (multi, at least 1): enough to keep rare labels in sight without making them the rule.

    Raises:
        UserError: the settings weight a label that the codebook does not have.
    """
    weights = {name: np.ones(len(task.leaves)) for name, task in corpus.codebook.tasks.items()}
    if settings.class_weights == "auto":
        for name, task in corpus.codebook.tasks.items():
            known = corpus.targets[name][corpus.labelled(name)]
            if task.kind == "single":
                counts = np.bincount(known, minlength=len(task.leaves))
                weights[name] = np.sqrt(len(known) / (len(task.leaves) * np.maximum(counts, 1)))
            else:
                positives = known.sum(axis=0)
                weights[name] = np.maximum(np.sqrt((len(known) - positives) / np.maximum(positives, 1)), 1)
            weights[name] = np.minimum(weights[name], MOST_WEIGHT)
    elif isinstance(settings.class_weights, dict):
        places = {f"{n}.{leaf}": (n, i) for n, t in corpus.codebook.tasks.items() for i, leaf in enumerate(t.leaves)}
        for key, value in settings.class_weights.items():
            if key not in places:
                raise UserError(f"class_weights: {key!r} is no task.label {suggestion(key, list(places))}")
            name, i = places[key]
            weights[name][i] = value
    unknown = set(settings.task_weights) - set(corpus.codebook.tasks)
    if unknown:
        first = sorted(unknown)[0]
        raise UserError(f"task_weights: no task {first!r} {suggestion(first, list(corpus.codebook.tasks))}")
    return weights


class MultiTaskLoss(nn.Module):
    """Weighted sum over tasks of cross-entropy (single) and of binary cross-entropies (multi).

    A task's loss is the mean over the passages that have its label; a batch without any adds nothing.

    Args:
        settings: with a number for label smoothing (`with_schedule`).
    """

    def __init__(self, codebook: Codebook, *, weights: dict[str, np.ndarray], settings: TrainSettings) -> None:
        super().__init__()
        self.codebook = codebook
        self.task_weights = {name: settings.task_weights.get(name, 1.0) for name in codebook.tasks}
        self.smoothing = float(settings.label_smoothing)
        for name, values in weights.items():
            self.register_buffer(f"weights_{name}", torch.tensor(values, dtype=torch.float32))

    def forward(
        self, logits: dict[str, Tensor], targets: dict[str, Tensor], counts: Mapping[str, int] | None = None
    ) -> Tensor:
        """Loss, a scalar.

        Args:
            logits: task -> ``(passages, leaves)``.
            targets: task -> ``(passages,)`` int64, -1 where unlabelled, or ``(passages, leaves)`` float,
                probabilities where labels are soft, NaN where unlabelled.
            counts: task -> labelled passages of the whole batch, where these are a part of it: the losses of all
                parts then add up to the batch's.
        """
        total = next(iter(logits.values())).float().sum() * 0
        for name, task in self.codebook.tasks.items():
            scores, truth = logits[name].float(), targets[name]
            weights = getattr(self, f"weights_{name}")
            known = labelled(truth)
            if not known.any():
                continue
            scores, truth = scores[known], truth[known]
            if task.kind == "single":
                truth = truth if truth.dim() == 1 else truth.float()
                each = cross_entropy(scores, truth, weight=weights, reduction="none", label_smoothing=self.smoothing)
            else:
                smooth = truth * (1 - self.smoothing) + 0.5 * self.smoothing
                each = binary_cross_entropy_with_logits(scores, smooth, pos_weight=weights, reduction="none").sum(1)
            mean = each.mean() if counts is None else each.sum() / counts[name]
            total = total + self.task_weights[name] * mean
        return total


def labelled(truth: Tensor) -> Tensor:
    """Which passages have a label of a task: ``(passages,)`` bool."""
    return truth >= 0 if truth.dim() == 1 else ~truth.isnan().any(dim=1)
