"""A row that could be read, or what could not be read and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A row that could be read. `number` counts from 1; in CSV and TSV the header is row 1."""

    file: str
    number: int
    values: dict[str, Any]
    unit: str = "row"

    @property
    def place(self) -> str:
        return f"{self.file}, {self.unit} {self.number}"


@dataclass(frozen=True)
class BadRow:
    """A row, or with `number` None the rest of a file, that could not be read, and why."""

    file: str
    number: int | None
    reason: str
    unit: str = "row"

    @property
    def place(self) -> str:
        return self.file if self.number is None else f"{self.file}, {self.unit} {self.number}"
