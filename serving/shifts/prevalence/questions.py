"""What shares are counted of: the labels of a single task, one label of a multi task, or labels that hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....model.codebook import Codebook
from ....model.decision import Decision, decide
from ....model.errors import UserError, suggestion
from ....model.held_out import HeldOut


@dataclass(frozen=True)
class Question:
    """Something that every passage answers with one of K classes.

    Attributes:
        name: `stance`, `frame.losses`, or a composite narrative's own.
        classes: the labels of a single task; else `off` and `on`.
        parts: task and label of each part of an on/off question, all of which must hold; of a single task the
            task alone, with an empty label.
    """

    name: str
    classes: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that must be known to answer it."""
        return tuple(dict.fromkeys(task for task, _ in self.parts))


def questions_of(codebook: Codebook) -> list[Question]:
    """Every single task, and every leaf and parent of every multi task."""
    found = []
    for name, task in codebook.tasks.items():
        if task.kind == "single":
            found.append(Question(name, task.leaves, ((name, ""),)))
        else:
            found += [
                Question(f"{name}.{label}", ("off", "on"), ((name, label),)) for label in (*task.leaves, *task.parents)
            ]
    return found


def composite(name: str, parts: Sequence[tuple[str, str]], *, codebook: Codebook) -> Question:
    """The on/off question whether all these labels hold: `[("stance", "pro_russia"), ("frame", "losses_russia")]`.

    Raises:
        UserError: no part, or no such task or label.
    """
    problems = [] if parts else [f"{name}: a narrative needs at least one task with its label"]
    for task, label in parts:
        if task not in codebook.tasks:
            problems.append(f"{name}: {task!r} is no task {suggestion(task, list(codebook.tasks))}")
        elif label not in codebook.tasks[task].labels:
            allowed = suggestion(label, list(codebook.tasks[task].labels))
            problems.append(f"{name}: {label!r} is no label of {task} {allowed}")
    if problems:
        raise UserError(problems)
    return Question(name, ("off", "on"), tuple(parts))


def class_probabilities(question: Question, leaves: Mapping[str, np.ndarray], *, codebook: Codebook) -> np.ndarray:
    """Probability of each class: of several parts the product, as if they were independent.

    The product is out where parts go together; the held-out answers, asked the same way, tell by how much.

    Args:
        leaves: task -> ``(passages, leaves)`` calibrated probabilities.

    Returns:
        ``(passages, K)``, rows sum to 1.
    """
    (task, label), *more = question.parts
    if not label:
        return leaves[task]
    on = codebook.tasks[task].with_parents(leaves[task])[label]
    for task, label in more:
        on = on * codebook.tasks[task].with_parents(leaves[task])[label]
    return np.stack([1 - on, on], axis=1)


def decided_classes(
    question: Question, leaves: Mapping[str, np.ndarray], *, codebook: Codebook, decision: Decision
) -> np.ndarray:
    """The class that `score` decides, by index: ``(passages,)`` int."""
    on = {
        name: decide(leaves[name], task=codebook.tasks[name], decision=decision.tasks[name]) for name in question.tasks
    }
    return _classes(question, on, codebook=codebook)


def true_classes(question: Question, held_out: HeldOut) -> np.ndarray:
    """The true class by index, -1 where a task of it is unlabelled: ``(passages,)`` int."""
    on = {name: held_out.truth(name) for name in question.tasks}
    known = np.all([held_out.labelled(name) for name in question.tasks], axis=0)
    return np.where(known, _classes(question, on, codebook=held_out.codebook), -1)


def _classes(question: Question, on: Mapping[str, np.ndarray], *, codebook: Codebook) -> np.ndarray:
    """From which leaves are on, ``(passages, leaves)`` bool, to the class."""
    (first, label), *_ = question.parts
    if not label:
        return on[first].argmax(axis=1)
    parts = [codebook.tasks[task].with_parents(on[task])[label] for task, label in question.parts]
    return np.all(parts, axis=0).astype(np.int64)
