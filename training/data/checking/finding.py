"""What a check found: how bad it is, which passages it is about, and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["dishonest", "wrong", "doubtful", "note"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
"""The worst first. `dishonest`: figures would be better than the truth; `wrong`: it has to be mended; `doubtful`: it
has to be looked at; `note`: good to know."""


@dataclass(frozen=True)
class Spot:
    """A passage or row that a finding is about, by file and row, its text, and what is said of it."""

    place: str
    text: str = ""
    said: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing found, in a line."""

    text: str
    severity: Severity = "note"
    way_out: str = ""
    spots: tuple[Spot, ...] = ()

    @property
    def dishonest(self) -> bool:
        return self.severity == "dishonest"


@dataclass(frozen=True)
class Table:
    """Figures that a check counted, with what has to be known to read them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    said: str = ""

    def shown(self) -> list[list[str]]:
        """The rows as a person reads them; a column called `share` in per cent."""
        return [[_shown(cell, name) for name, cell in zip(self.columns, row, strict=True)] for row in self.rows]


def _shown(cell: str | int | float | None, column: str) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    return f"{cell:.1%}" if column == "share" else f"{cell:,}" if isinstance(cell, int) else f"{cell:.2f}"
