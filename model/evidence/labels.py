"""The labels that evidence is sought for, and whether they still stand when words are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..codebook import Codebook
from ..decision import Decision, all_probabilities, decide, undecided


@dataclass(frozen=True)
class DecidedLabel:
    """A leaf that is on in a text.

    Attributes:
        text: index of the text.
        leaf: index of the label among the task's leaves.
        rival: in a single task the leaf with the next largest logit, against which this one won; else None.
    """

    text: int
    task: str
    leaf: int
    rival: int | None


def decided_labels(
    logits: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision, abstain: float | None = None
) -> list[DecidedLabel]:
    """Every leaf that is on, text by text, tasks and leaves in the codebook's order.

    A parent is on through its children and has no evidence of its own; a task that is left undecided (`abstain`) has
    none either.

    Args:
        logits: task -> ``(texts, leaves)``.
    """
    probs = all_probabilities(logits, codebook=codebook, decision=decision)
    found = []
    for order, (name, task) in enumerate(codebook.tasks.items()):
        own = decision.tasks[name]
        on = decide(probs[name], task=task, decision=own)
        on &= ~undecided(probs[name], on, task=task, decision=own, risk=abstain)[:, None]
        for text, leaf in np.argwhere(on).tolist():
            rival = None
            if task.kind == "single":
                rival = int(np.argmax(np.where(np.arange(len(task.leaves)) == leaf, -np.inf, logits[name][text])))
            found.append((text, order, DecidedLabel(text, name, leaf, rival)))
    return [label for _, _, label in sorted(found, key=lambda entry: entry[:2])]


def still_decided(
    logits: Mapping[str, np.ndarray], labels: Sequence[DecidedLabel], *, codebook: Codebook, decision: Decision
) -> np.ndarray:
    """Whether each label is on in its own row of the logits: ``(labels,)`` bool.

    Args:
        logits: task -> ``(labels, leaves)``, a row for each of the labels.
    """
    probs = all_probabilities(logits, codebook=codebook, decision=decision)
    on = {name: decide(probs[name], task=task, decision=decision.tasks[name]) for name, task in codebook.tasks.items()}
    return np.array([on[label.task][row, label.leaf] for row, label in enumerate(labels)], dtype=bool)


def direction(label: DecidedLabel, *, leaves: int, decision: Decision) -> np.ndarray:
    """What to multiply a task's logits by to get the label's calibrated log odds: ``(leaves,)``.

    In a single task these are the odds against the rival: what would have to fall for another decision.
    """
    weights = np.zeros(leaves)
    weights[label.leaf] = 1.0
    if label.rival is not None:
        weights[label.rival] = -1.0
    return weights / decision.tasks[label.task].temperature
