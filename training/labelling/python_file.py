"""Labelling functions that are written in Python, in a file of the user's own."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...model.codebook import Codebook
from ...model.errors import UserError, first_line
from .functions import LabellingFunction, Test, leaf_of

MARK = "_narrashift_label"
Written = Callable[[Mapping[str, Any]], object]


def labelling_function(label: str, *, against: bool = False) -> Callable[[Written], Written]:
    """Mark a function of a row (its columns, `text` among them) that votes for `task.leaf` where it returns true.

        @narrashift.labelling_function("stance.pro_russia")
        def liberated(row):
            return "liberated" in row["text"] and row["source"] == "TASS"

    Args:
        against: it votes that the label is not there (multi tasks).
    """

    def marked(function: Written) -> Written:
        setattr(function, MARK, (label, against))
        return function

    return marked


def run_functions(path: Path, *, codebook: Codebook) -> list[LabellingFunction]:
    """The marked functions of a Python file, which is run for it.

    Raises:
        UserError: the file fails, has no such function, or one for a label that the codebook does not have.
    """
    spec = importlib.util.spec_from_file_location("_narrashift_functions", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UserError(f"{path}: no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's code raises
        raise UserError(f"{path}: {type(error).__name__}: {first_line(error)}") from None
    found: list[LabellingFunction] = []
    problems: list[str] = []
    for name, function in inspect.getmembers(module, callable):
        label, against = getattr(function, MARK, (None, False))
        if label is None:
            continue
        try:
            task, leaf = leaf_of(label, against=against, codebook=codebook)
        except ValueError as error:
            problems.append(f"{path}, {name}: {error}")
            continue
        found.append(LabellingFunction(name, task, leaf, against, _told(function, place=f"{path.name}, {name}")))
    if not found and not problems:
        problems.append(f"{path}: no function is marked with @narrashift.labelling_function('task.label')")
    if problems:
        raise UserError(problems, consequence="nothing was labelled")
    return found


def _told(function: Written, *, place: str) -> Test:
    """The function as a test that says where it failed."""

    def test(row: Mapping[str, Any]) -> bool:
        try:
            return bool(function(row))
        except Exception as error:  # whatever the user's code raises
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise UserError(f"{place}: {reason}, at the passage {row['text'][:60]!r}") from None

    return test
