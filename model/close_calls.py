"""Close calls are settled by the exact network: a quick one answers, and where it is near a border, fp32 decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import logit

from .classifier import Classifier, Logits, Tick
from .codebook import Codebook
from .decision import Decision, offsets


def close_calls(
    logits: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision, margins: Mapping[str, float]
) -> np.ndarray:
    """Which passages would be labelled otherwise in some task if logits moved by its margin: ``(passages,)`` bool.

    Args:
        logits: task -> ``(passages, leaves)``.
        margins: task -> how far a logit may move; between two logits it is √2 times as far.
    """
    close = np.zeros(len(next(iter(logits.values()))), dtype=bool)
    for name, task in codebook.tasks.items():
        values, own = logits[name], decision.tasks[name]
        if task.kind == "multi":
            with np.errstate(divide="ignore"):  # a threshold of 0 or 1 is no border that can be near
                borders = logit([own.thresholds[leaf] for leaf in task.leaves]) * own.temperature
            close |= (np.abs(values - borders) < margins[name]).any(axis=1)
        elif values.shape[1] > 1:
            best = np.sort(values + offsets(task, decision=own) * own.temperature, axis=1)
            close |= best[:, -1] - best[:, -2] < margins[name] * 2**0.5
    return close


class CloseCalls:
    """A quick classifier, and an exact one that is asked again about its close calls.

    Args:
        margins: as for `close_calls`.
    """

    def __init__(
        self,
        quick: Classifier,
        exact: Classifier,
        *,
        codebook: Codebook,
        decision: Decision,
        margins: Mapping[str, float],
    ) -> None:
        self.quick, self.exact = quick, exact
        self.codebook, self.decision, self.margins = codebook, decision, margins
        self.max_tokens = quick.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        return self.quick.count_tokens(texts)

    def logits(self, texts: Sequence[str], *, tick: Tick | None = None) -> Logits:
        found = self.quick.logits(texts, tick=tick)
        close = close_calls(found.tasks, codebook=self.codebook, decision=self.decision, margins=self.margins)
        again = np.flatnonzero(close)
        if not len(again):
            return found
        settled = self.exact.logits([texts[i] for i in again.tolist()])
        tasks = {task: values.copy() for task, values in found.tasks.items()}
        for task, values in settled.tasks.items():
            tasks[task][again] = values
        return Logits(tasks=tasks, truncated=found.truncated)
