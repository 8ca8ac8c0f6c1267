"""What a voter said of every passage, and what it is believed to mean before any vote was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...model.codebook import Codebook
from .functions import LabellingFunction

SILENT = -1


@dataclass(frozen=True)
class Question:
    """What is voted on: a single task with its leaves, or whether a leaf of a multi task is on.

    Attributes:
        label: the leaf; None for a single task.
        classes: the leaves, or `off` and `on`.
    """

    task: str
    label: str | None
    classes: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.task}.{self.label}" if self.label else self.task


def questions_of(codebook: Codebook) -> list[Question]:
    """Of every task, in the codebook's order."""
    return [
        question
        for name, task in codebook.tasks.items()
        for question in (
            [Question(name, None, task.leaves)]
            if task.kind == "single"
            else [Question(name, leaf, ("off", "on")) for leaf in task.leaves]
        )
    ]


@dataclass(frozen=True)
class Votes:
    """One voter's answers to one question.

    Attributes:
        said: ``(passages,)`` int, index of its answer, `SILENT` where it has none.
        worth: ``(answers, classes)``, of the passages that get an answer, the share of every class, as is believed
            before the votes are weighed against one another.
        graded: it answers everywhere, by how sure it is; else it gives one answer or is silent.
        alone: its word is evidence enough for a label where nobody else says anything.
        belief: what is believed beforehand counts as many votes as this share of those that it gave.
    """

    voter: str
    question: Question
    said: np.ndarray
    worth: np.ndarray
    graded: bool = False
    alone: bool = True
    belief: float = 0.5


PRECISION = 0.75
"""How often a function is believed to be right where it speaks, before the votes are looked at."""


def votes_of_functions(
    functions: Sequence[LabellingFunction],
    rows: Sequence[Mapping[str, Any]],
    *,
    questions: Sequence[Question],
    shares: Mapping[str, np.ndarray],
) -> list[Votes]:
    """The votes of labelling functions on rows with a `text`."""
    found = []
    for function in functions:
        question = next(q for q in questions if q.task == function.task and q.label in (None, function.label))
        meant = question.classes.index("off" if function.against else "on" if question.label else function.label)
        said = np.array([0 if function.test(row) else SILENT for row in rows], dtype=np.int64)
        found.append(Votes(function.name, question, said, _believed(shares[question.name], meant=meant)[None]))
    return found


def _believed(shares: np.ndarray, *, meant: int) -> np.ndarray:
    """Shares ``(classes,)`` of the passages that get a vote for `meant`: three times its usual odds at the least."""
    odds = max(PRECISION / (1 - PRECISION), 3 * shares[meant] / (1 - shares[meant]))
    right = odds / (1 + odds)
    worth = (1 - right) * shares / (1 - shares[meant])
    worth[meant] = right
    return worth
