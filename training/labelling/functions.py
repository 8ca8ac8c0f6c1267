"""Labelling functions in a TOML file: words, regular expressions, gazetteers and columns that speak for a label."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...model.codebook import Codebook
from ...model.errors import UserError, suggestion
from ...model.toml import read_toml

Test = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class LabellingFunction:
    """Votes for a leaf of a task where its test of a row holds, and is silent elsewhere.

    Attributes:
        against: it votes that the label is not there (multi tasks).
        test: of a row's values, `text` among them.
    """

    name: str
    task: str
    label: str
    against: bool
    test: Test


class _Written(BaseModel):
    """A function as the TOML file has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    label: str
    words: tuple[str, ...] = ()
    pattern: str | None = None
    file: str | None = None
    column: str | None = None
    values: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    against: bool = False


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    functions: dict[str, _Written] = Field(min_length=1)
    shares: dict[str, Annotated[float, Field(gt=0, lt=1)]] = {}


def read_functions(path: Path, *, codebook: Codebook) -> tuple[list[LabellingFunction], dict[str, float]]:
    """The functions of a TOML file, and the shares of labels that it states (`task.leaf` -> 0..1).

    Raises:
        UserError: everything that is wrong in it, a line each: no such label, no test, a pattern that is none.
    """
    content = read_toml(path, way_out="Name a TOML file with --functions FILE")
    try:
        written = _File.model_validate(content)
    except ValidationError as error:
        places = [(".".join(map(str, found["loc"])), found["msg"]) for found in error.errors()]
        raise UserError([f"{path}, {place}: {message}" for place, message in places]) from None
    read: list[LabellingFunction] = []
    problems: list[str] = []
    for name, function in written.functions.items():
        try:
            task, label = leaf_of(function.label, against=function.against, codebook=codebook)
            read.append(
                LabellingFunction(name, task, label, function.against, _test(function, folder=path.resolve().parent))
            )
        except ValueError as error:
            problems.append(f"{path}, functions.{name}: {error}")
    for name in written.shares:
        try:
            leaf_of(name, against=False, codebook=codebook)
        except ValueError as error:
            problems.append(f"{path}, shares: {error}")
    if problems:
        raise UserError(problems, consequence="nothing was labelled")
    return read, dict(written.shares)


def leaf_of(name: str, *, against: bool, codebook: Codebook) -> tuple[str, str]:
    """Task and leaf of `task.leaf`.

    Raises:
        ValueError: the codebook has no such leaf, or a single task's label is voted against.
    """
    leaves = [f"{task}.{leaf}" for task, known in codebook.tasks.items() for leaf in known.leaves]
    if name not in leaves:
        raise ValueError(f"label {name!r} is no task.label that is annotated {suggestion(name, leaves)}")
    task, label = name.split(".", 1)
    if against and codebook.tasks[task].kind == "single":
        raise ValueError(f"{task} takes one label: vote for another one instead of against {label}")
    return task, label


def words_pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Any of these as whole words, in any case; a `*` at the end of a word stands for any ending."""
    parts = [r"\s+".join(re.escape(piece).replace(r"\*", r"\w*") for piece in word.split()) for word in words]
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(parts, key=len, reverse=True))})(?!\w)", re.IGNORECASE)


def _test(function: _Written, *, folder: Path) -> Test:
    """The test of a function.

    Raises:
        ValueError: it has none, more than one, or one that cannot be used.
    """
    words = list(function.words)
    if function.file:
        words += _gazetteer(folder / function.file)
    given = [bool(function.words or function.file), function.pattern is not None, function.column is not None]
    if sum(given) != 1:
        raise ValueError("one of words (or file), pattern, and column with values is expected")
    if any(not word.strip() for word in (*words, *function.unless)):
        raise ValueError("an empty word would match everywhere")
    silenced = words_pattern(function.unless) if function.unless else None
    if function.column is not None:
        if not function.values:
            raise ValueError("column needs values: those for which it votes")
        column, values = function.column, frozenset(function.values)
        return lambda row: str(row.get(column)) in values and not (silenced and silenced.search(row["text"]))
    try:
        wanted = re.compile(function.pattern, re.IGNORECASE) if function.pattern else words_pattern(words)
    except re.error as error:
        raise ValueError(f"pattern {function.pattern!r} is no regular expression: {error}") from None
    return lambda row: bool(wanted.search(row["text"])) and not (silenced and silenced.search(row["text"]))


def _gazetteer(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"file {path.name}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not words:
        raise ValueError(f"file {path.name}: no word in it")
    return words
