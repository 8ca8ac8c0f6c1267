"""From logits to probabilities and labels: temperatures, thresholds, nothing else. NumPy only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.special import expit, softmax

from .codebook import Codebook, Task
from .errors import UserError, first_line


class RiskPoint(BaseModel):
    """Among passages decided with at least this confidence, at most this share is wrong, by validation passages."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    confidence: Annotated[float, Field(ge=0, le=1)]
    risk: Annotated[float, Field(ge=0, le=1)]


class TaskDecision(BaseModel):
    """How one task is decided.

    `temperature` divides the logits (Guo et al. 2017). `thresholds` has a probability for each leaf of a
    multi task, at or above which the label is on. A single task has none and takes the largest of its
    log-probabilities, to which the `offsets` are added first, where it has those; probabilities stay as they are.
    `risks` says how wrong answers are from which confidence on, the most confident first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    offsets: dict[str, Annotated[float, Field(ge=-10, le=10)]] = {}
    risks: tuple[RiskPoint, ...] = ()


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
        raise UserError(f"{path}: not a decision file: {first_line(error)}") from None
    expected = Decision.default(codebook)
    for name in expected.tasks | decision.tasks:
        found, task = decision.tasks.get(name), expected.tasks.get(name)
        if found is None or task is None or not _fits(found, task, leaves=codebook.tasks[name].leaves):
            raise UserError(f"{path}: task {name} does not fit codebook {codebook.name} {codebook.version}")
    return decision


def _fits(found: TaskDecision, expected: TaskDecision, *, leaves: Sequence[str]) -> bool:
    """Whether thresholds and offsets are those of a task's leaves."""
    single = not expected.thresholds
    return set(found.thresholds) == set(expected.thresholds) and set(found.offsets) in (
        [set(), set(leaves)] if single else [set()]
    )


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
        return np.eye(len(task.leaves), dtype=bool)[(probs * np.exp(offsets(task, decision=decision))).argmax(axis=1)]
    return probs >= np.array([decision.thresholds[leaf] for leaf in task.leaves])


def offsets(task: Task, *, decision: TaskDecision) -> np.ndarray:
    """What is added to the log-probabilities of a single task before the largest is taken: ``(leaves,)``."""
    return np.array([decision.offsets.get(leaf, 0.0) for leaf in task.leaves])


def confidences(probs: np.ndarray, on: np.ndarray, *, task: Task) -> np.ndarray:
    """Probability that the whole answer is right, labels taken as independent in a multi task: ``(passages,)``."""
    if task.kind == "single":
        return np.where(on, probs, 0).max(axis=1)
    return np.where(on, probs, 1 - probs).prod(axis=1)


def undecided(
    probs: np.ndarray, on: np.ndarray, *, task: Task, decision: TaskDecision, risk: float | None
) -> np.ndarray:
    """Passages to leave undecided so that at most the share `risk` of the decided is wrong: ``(passages,)`` bool.

    None of them without a risk; all of them where no confidence is enough for it.
    """
    if risk is None:
        return np.zeros(len(probs), dtype=bool)
    enough = [point.confidence for point in decision.risks if point.risk <= risk]
    return confidences(probs, on, task=task) < (min(enough) if enough else np.inf)


def names(
    on: np.ndarray, *, task: Task, without: np.ndarray | None = None
) -> list[str | None] | list[list[str] | None]:
    """Decided labels by name: a string a passage, or in a multi task a list, with the parents.

    Args:
        without: ``(passages,)`` bool, those that are left undecided: None for them.
    """
    found: list = (
        [task.leaves[i] for i in on.argmax(axis=1)]
        if task.kind == "single"
        else [task.closed([leaf for leaf, yes in zip(task.leaves, row, strict=True) if yes]) for row in on]
    )
    return found if without is None else [None if left else name for name, left in zip(found, without, strict=True)]


def answers(
    probs: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision, abstain: float | None = None
) -> dict[str, list]:
    """Task -> decided labels by name, a passage each; None where more than the share `abstain` might be wrong."""
    decided = {}
    for name, task in codebook.tasks.items():
        own = decision.tasks[name]
        on = decide(probs[name], task=task, decision=own)
        left = undecided(probs[name], on, task=task, decision=own, risk=abstain)
        decided[name] = list(names(on, task=task, without=left if abstain is not None else None))
    return decided


def check_risk(risk: float | None, *, decision: Decision, place: Path) -> list[str]:
    """Whether an `--abstain` can be had from a bundle.

    Args:
        place: the bundle's folder, for the words.

    Returns:
        A line for each task of which every passage will be left undecided.

    Raises:
        UserError: no share, or a bundle that knows nothing of its risks.
    """
    if risk is None:
        return []
    if not 0 < risk < 1:
        raise UserError(f"--abstain {risk}: a share of wrong answers between 0 and 1 is expected, as in 0.1")
    least = {name: min((point.risk for point in task.risks), default=None) for name, task in decision.tasks.items()}
    if all(known is None for known in least.values()):
        raise UserError(
            f"--abstain {risk}: {place / 'decision.json'} does not say how wrong the bundle's answers are. "
            "Train it again, which writes that down, or leave out --abstain"
        )
    unknown = "of which too few validation passages were labelled"
    return [
        f"--abstain {risk}: every passage is left undecided in {name}, "
        + (unknown if known is None else f"the least it can keep is {known}")
        for name, known in least.items()
        if known is None or known > risk
    ]


def all_probabilities(
    logits: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision
) -> dict[str, np.ndarray]:
    """`probabilities` of every task: task -> ``(passages, leaves)``."""
    return {
        name: probabilities(logits[name], task=task, decision=decision.tasks[name])
        for name, task in codebook.tasks.items()
    }
