"""From logits to probabilities and labels: temperatures, thresholds, nothing else. NumPy only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.special import expit, softmax

from .codebook import Codebook, Task
from .errors import UserError


class TaskDecision(BaseModel):
    """How one task is decided.

    `temperature` divides the logits (Guo et al. 2017). `thresholds` has a probability for each leaf of a
    multi task, at or above which the label is on; a single task takes its largest probability and has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}


class Decision(BaseModel):
    """The decision layer of a bundle: one `TaskDecision` per task, fitted on validation passages."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    tasks: dict[str, TaskDecision]

    @classmethod
    def default(cls, codebook: Codebook) -> Decision:
        """Temperature 1 and threshold 0.5 everywhere: what an unfitted model uses."""
        return cls(
            tasks={
                name: TaskDecision(thresholds={} if task.kind == "single" else dict.fromkeys(task.leaves, 0.5))
                for name, task in codebook.tasks.items()
            }
        )


def read_decision(path: Path, *, codebook: Codebook) -> Decision:
    """The decision layer in a JSON file, checked against the codebook.

    Raises:
        UserError: not JSON, other tasks or labels than the codebook's, a temperature that is not positive.
    """
    try:
        decision = Decision.model_validate(json.loads(path.read_text("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{path}, {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not a decision file: {str(error).splitlines()[0]}") from None
    expected = Decision.default(codebook)
    for name in expected.tasks | decision.tasks:
        found, task = decision.tasks.get(name), expected.tasks.get(name)
        if found is None or task is None or set(found.thresholds) != set(task.thresholds):
            raise UserError(f"{path}: task {name} does not fit codebook {codebook.name} {codebook.version}")
    return decision


def probabilities(logits: np.ndarray, *, task: Task, decision: TaskDecision) -> np.ndarray:
    """Calibrated probabilities: softmax over the labels of a single task, a sigmoid each in a multi task.

    Args:
        logits: ``(passages, leaves)``, unnormalised.

    Returns:
        ``(passages, leaves)``, float64 in 0..1; rows of a single task sum to 1.
    """
    scaled = np.asarray(logits, dtype=np.float64) / decision.temperature
    return softmax(scaled, axis=1) if task.kind == "single" else expit(scaled)


def decide(probs: np.ndarray, *, task: Task, decision: TaskDecision) -> np.ndarray:
    """Which leaves are on, as booleans ``(passages, leaves)``; in a single task exactly one a row."""
    if task.kind == "single":
        return np.eye(len(task.leaves), dtype=bool)[probs.argmax(axis=1)]
    return probs >= np.array([decision.thresholds[leaf] for leaf in task.leaves])


def names(on: np.ndarray, *, task: Task) -> list[str] | list[list[str]]:
    """Decided labels by name: a string a passage, or in a multi task a list, with the parents."""
    if task.kind == "single":
        return [task.leaves[i] for i in on.argmax(axis=1)]
    return [task.closed([leaf for leaf, yes in zip(task.leaves, row, strict=True) if yes]) for row in on]


def all_probabilities(
    logits: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision
) -> dict[str, np.ndarray]:
    """`probabilities` of every task: task -> ``(passages, leaves)``."""
    return {
        name: probabilities(logits[name], task=task, decision=decision.tasks[name])
        for name, task in codebook.tasks.items()
    }
