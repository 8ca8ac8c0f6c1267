"""Dated changes of the same label in several sources, close together: who could have been the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..finding import Shift


@dataclass(frozen=True)
class Order:
    """Changes of one label in one direction, each within some days of the one before.

    Attributes:
        direction: `more` or `less` of the label.
        shifts: their ids, by date.
        first: sources that could have been first: no other's date interval ends before theirs begins. One alone: it
            was first, as far as these dates say.
    """

    task: str
    label: str
    direction: str
    shifts: tuple[str, ...]
    first: tuple[str, ...]


def find_orders(shifts: Sequence[Shift], *, days: int) -> list[Order]:
    """Runs of changes of at least two sources, each at most so many days after the one before."""

    def kind(shift: Shift) -> tuple[str, str, str]:
        return shift.task, shift.label, "more" if shift.change.value > 0 else "less"

    found = []
    for (task, label, direction), own in groupby(sorted(shifts, key=lambda s: (*kind(s), s.date, s.by)), key=kind):
        for run in _runs(list(own), days=days):
            if len({shift.by for shift in run}) > 1:
                ended = min(shift.latest for shift in run)
                first = dict.fromkeys(shift.by for shift in run if shift.earliest <= ended)
                found.append(Order(task, label, direction, tuple(shift.id for shift in run), tuple(first)))
    return found


def _runs(shifts: Sequence[Shift], *, days: int) -> Iterator[list[Shift]]:
    run: list[Shift] = []
    for shift in shifts:
        if run and (shift.date - run[-1].date).days > days:
            yield run
            run = []
        run.append(shift)
    if run:
        yield run
