"""The codebook: which tasks there are, which labels each has, and what every label means."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .errors import UserError
from .toml import parse_toml, toml_string

NAME = r"[A-Za-z][A-Za-z0-9_-]*"
RESERVED = {
    "id",
    "text",
    "source",
    "date",
    "group",
    "split",
    "annotator",
    "register",
    "weight",
    "language",
    "passage",
    "start",
    "end",
    "truncated",
}


class Label(BaseModel):
    """What a label means. A label that others name as `parent` is derived and never annotated."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    means: str = Field(min_length=1)
    examples: tuple[str, ...] = ()
    parent: str | None = None


class Task(BaseModel):
    """One question asked of every passage: `single` takes one label, `multi` any number, also none."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["single", "multi"]
    means: str = ""
    labels: dict[str, Label]

    @field_validator("labels")
    @classmethod
    def _names(cls, labels: dict[str, Label]) -> dict[str, Label]:
        import re

        wrong = [repr(name) for name in labels if not re.fullmatch(NAME, name)]
        if wrong:
            raise ValueError(f"label {', '.join(wrong)}: a name has letters, digits, _ and -, and begins with a letter")
        return labels

    @model_validator(mode="after")
    def _parents(self) -> Task:
        for name, label in self.labels.items():
            parent = label.parent
            if parent is None:
                continue
            if self.kind == "single":
                raise ValueError(f"label {name}: parents are for tasks of kind multi")
            if parent not in self.labels or parent == name:
                raise ValueError(f"label {name}: its parent {parent!r} is no other label of this task")
            if self.labels[parent].parent is not None:
                raise ValueError(f"label {name}: its parent {parent!r} has a parent itself; one level is allowed")
        if len(self.leaves) < (2 if self.kind == "single" else 1):
            raise ValueError("a single task needs two labels or more, a multi task one or more")
        return self

    @cached_property
    def parents(self) -> dict[str, tuple[str, ...]]:
        """Derived labels, each with its children."""
        named = dict.fromkeys(label.parent for label in self.labels.values() if label.parent)
        return {p: tuple(n for n, label in self.labels.items() if label.parent == p) for p in named}

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The labels that are annotated and predicted, in the codebook's order."""
        return tuple(name for name in self.labels if name not in self.parents)

    def with_parents(self, probabilities: np.ndarray) -> dict[str, np.ndarray]:
        """A column for each label: leaves as they are, a parent as the largest of its children.

        Args:
            probabilities: ``(passages, leaves)``.

        Returns:
            Label -> ``(passages,)``, leaves first, in the codebook's order.
        """
        columns = {name: probabilities[:, i] for i, name in enumerate(self.leaves)}
        for parent, children in self.parents.items():
            columns[parent] = np.max([columns[child] for child in children], axis=0)
        return columns

    def closed(self, labels: Sequence[str]) -> list[str]:
        """The labels that are on when these leaves are: themselves and their parents."""
        on = set(labels) | {p for p, children in self.parents.items() if set(children) & set(labels)}
        return [name for name in (*self.leaves, *self.parents) if name in on]


class Codebook(BaseModel):
    """Tasks and their labels, frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    tasks: dict[str, Task] = Field(min_length=1)

    @field_validator("tasks")
    @classmethod
    def _names(cls, tasks: dict[str, Task]) -> dict[str, Task]:
        import re

        wrong = [repr(name) for name in tasks if not re.fullmatch(NAME, name) or name in RESERVED]
        if wrong:
            raise ValueError(
                f"task {', '.join(wrong)}: a name has letters, digits, _ and -, begins with a letter, "
                f"and is none of {', '.join(sorted(RESERVED))}"
            )
        return tasks

    @cached_property
    def digest(self) -> str:
        """SHA-256 (first 16 hex digits) of what decides a prediction's columns: tasks, kinds, labels, parents."""
        shape = {
            name: [task.kind, [[leaf, task.labels[leaf].parent] for leaf in task.leaves]]
            for name, task in self.tasks.items()
        }
        return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]

    def to_toml(self) -> str:
        """The codebook as the TOML that `read_codebook` reads."""
        quote = toml_string
        lines = ["[codebook]", f"name = {quote(self.name)}", f"version = {quote(self.version)}"]
        for task_name, task in self.tasks.items():
            lines += ["", f"[tasks.{task_name}]", f"kind = {quote(task.kind)}"]
            if task.means:
                lines.append(f"means = {quote(task.means)}")
            for name, label in task.labels.items():
                lines += ["", f"[tasks.{task_name}.labels.{name}]", f"means = {quote(label.means)}"]
                if label.examples:
                    lines.append(f"examples = [{', '.join(quote(e) for e in label.examples)}]")
                if label.parent:
                    lines.append(f"parent = {quote(label.parent)}")
        return "\n".join(lines) + "\n"


def read_codebook(path: Path | str | None = None) -> Codebook:
    """The codebook in a TOML file; without a path, the default one that comes with the package.

    Raises:
        UserError: no such file, not TOML, an unknown key, a parent that is no label, …; with file and key.
    """
    if path is None:
        return parse_codebook(
            resources.files("narrashift.seeds").joinpath("codebook.toml").read_text("utf-8"),
            place="codebook.toml",
        )
    path = Path(path)
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such codebook. Name a TOML file with --codebook FILE") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}. Name a TOML file with --codebook FILE") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start}. Save it as UTF-8") from None
    return parse_codebook(text, place=str(path))


def parse_codebook(text: str, *, place: str) -> Codebook:
    """The codebook in this TOML text; `place` names it in errors.

    Raises:
        UserError: all that is wrong with it, one line each.
    """
    raw = parse_toml(text, place=place)
    unknown = set(raw) - {"codebook", "tasks"}
    if unknown:
        raise UserError([f"{place}: unknown table {name!r} (allowed: codebook, tasks)" for name in sorted(unknown)])
    head = raw.get("codebook", {})
    if not isinstance(head, dict):
        raise UserError(f"{place}: [codebook] must be a table with name and version")
    if "tasks" in head:
        raise UserError(f"{place}, codebook.tasks: no such key (allowed: name, version)")
    try:
        return Codebook.model_validate({**head, "tasks": raw.get("tasks", {})})
    except ValidationError as error:
        raise UserError(
            [f"{place}, {'.'.join(map(str, e['loc'])) or 'codebook'}: {_told(e)}" for e in error.errors()]
        ) from None


def _told(error: Any) -> str:
    """A pydantic error in words, with the keys that are allowed."""
    if error["type"] != "extra_forbidden":
        return error["msg"].removeprefix("Value error, ")
    models: dict[int, type[BaseModel]] = {1: Codebook, 3: Task, 5: Label}
    fields = models[len(error["loc"])].model_fields
    return f"no such key (allowed: {', '.join(fields)})"
