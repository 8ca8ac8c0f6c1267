"""Composite narratives: labels of several tasks that are told together, named in a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...model.errors import UserError, suggestion
from .scores import ScoredTask


class Narrative(BaseModel):
    """A story that a source tells: every task named has (one of) the labels named.

    Attributes:
        means: the story in words.
        when: task -> a label, or labels of which one is enough.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    means: str = ""
    when: Annotated[dict[str, str | tuple[str, ...]], Field(min_length=1)]

    @property
    def conditions(self) -> dict[str, tuple[str, ...]]:
        """Task -> labels of which one is enough."""
        return {task: (labels,) if isinstance(labels, str) else labels for task, labels in self.when.items()}


def read_narratives(path: Path, *, tasks: Mapping[str, ScoredTask], known_only: bool = False) -> dict[str, Narrative]:
    """Narratives of a file, `[narratives.NAME]` with `means` and `when`, by name.

    Args:
        known_only: leave out those that the scores lack a label of, instead of raising.

    Raises:
        UserError: no such file, not TOML, an unknown task or label; with the narrative's name.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}. Name a TOML file with --narratives FILE") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: not TOML: {error}") from None
    tables = content.get("narratives")
    if set(content) != {"narratives"} or not isinstance(tables, dict) or not tables:
        raise UserError(f'{path}: tables [narratives.NAME] with when = {{stance = "pro_russia", …}} are expected')
    narratives, problems = {}, []
    for name, table in tables.items():
        try:
            narrative = Narrative.model_validate(table)
        except ValidationError as error:
            first = error.errors()[0]
            problems.append(f"{path}, {name}.{'.'.join(map(str, first['loc']))}: {first['msg']}")
            continue
        unknown = _unknown(narrative, tasks=tasks)
        if not unknown:
            narratives[name] = narrative
        elif not known_only:
            problems += [f"{path}, {name}: {problem}" for problem in unknown]
    if problems:
        raise UserError(problems)
    return narratives


def _unknown(narrative: Narrative, *, tasks: Mapping[str, ScoredTask]) -> list[str]:
    problems: list[str] = []
    for task, labels in narrative.conditions.items():
        if task not in tasks:
            problems.append(f"no task {task!r} {suggestion(task, list(tasks))}")
            continue
        known = list(tasks[task].labels)
        problems += [
            f"no label {label!r} of {task} {suggestion(label, known)}" for label in labels if label not in known
        ]
        if not labels:
            problems.append(f"{task} names no label")
    return problems
