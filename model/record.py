"""What is tracked of finished work, as plain data: parts that know no MLflow fill it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["score", "shift"]


@dataclass(frozen=True)
class Dataset:
    """What a run read: a digest of 16 hex digits, and which part it played."""

    name: str
    digest: str
    context: str


@dataclass(frozen=True)
class Record:
    """A scoring or shift run that has ended.

    Attributes:
        name: of the run: its folder's.
        bundle: digest of the bundle that answered.
        seconds: that it took; 0 where nobody knows.
        tags: by which the run can be found.
        headline: the metrics and params that a table of such runs shows.
        tables: artifact's name -> columns.
        files: artifacts.
        note: Markdown that says it in a few lines.
    """

    kind: Kind
    name: str
    bundle: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    seconds: float = 0.0
    tags: Mapping[str, str] = field(default_factory=dict)
    headline: tuple[Sequence[str], Sequence[str]] = ((), ())
    inputs: Sequence[Dataset] = ()
    tables: Mapping[str, Mapping[str, list]] = field(default_factory=dict)
    files: Sequence[Path] = ()
    note: str = ""
