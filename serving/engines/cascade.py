"""A cascade: the student answers where it is sure to say what the network would, an engine the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model.bundle import Bundle
from ...model.classifier import Classifier, Logits, Tick
from ...model.student import Student, read_student
from ..settings import ScoreSettings


class Cascade:
    """The student's logits where its confidence is enough, the engine's elsewhere (Viola & Jones 2001).

    Args:
        engine: runs the network; it counts the tokens and sets the longest passage.
        least: confidence from which on the student answers; infinity where it never may.
        task: the one whose labels count; any of them without.
    """

    def __init__(self, student: Student, engine: Classifier, *, least: float, task: str | None = None) -> None:
        self.student = student
        self.engine = engine
        self.least = least
        self.task = task
        self.max_tokens = engine.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        return self.engine.count_tokens(texts)

    def logits(self, texts: Sequence[str], *, tick: Tick | None = None) -> Logits:
        quick = self.student.logits(texts)
        sure = self.student.confidences(quick.tasks, task=self.task) >= self.least
        if tick:
            tick(int(sure.sum()))
        rest = np.flatnonzero(~sure)
        if len(rest):
            slow = self.engine.logits([texts[i] for i in rest.tolist()], tick=tick)
            for task, values in quick.tasks.items():
                values[rest] = slow.tasks[task]
        return Logits(tasks=quick.tasks, truncated=quick.truncated, student=sure)


def with_cascade(engine: Classifier, *, bundle: Bundle, settings: ScoreSettings) -> Classifier:
    """The engine, behind the bundle's student where the settings ask for a cascade.

    Raises:
        UserError: the bundle has no student, a broken one, or that of another bundle.
    """
    if settings.cascade is None:
        return engine
    student, task = read_student(bundle), settings.cascade_task
    return Cascade(student, engine, least=student.least_confidence(settings.cascade, task=task), task=task)
