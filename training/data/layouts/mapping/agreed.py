"""One row a passage where several annotators labelled it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .....model.codebook import Codebook
from .....rows import Row

Rule = Literal["majority", "first"]
RULES: tuple[str, ...] = get_args(Rule)


@dataclass(frozen=True)
class Agreed:
    """Rows, one a passage, and how many answers had no majority, so that the passage is not labelled there."""

    rows: list[Row]
    undecided: int


def one_per_passage(rows: Sequence[Row], *, codebook: Codebook, rule: Rule) -> Agreed:
    """The rows of each passage as one, at the place of the first. Passages are told apart by id and text.

    `first` keeps the first row. `majority`: of a single task the label that most annotators chose, of a multi task
    every label that more than half of them did; those who did not answer do not vote, and where two labels lead the
    passage is not labelled.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((str(row.values.get("id")), str(row.values["text"])), []).append(row)
    if rule == "first":
        return Agreed([group[0] for group in groups.values()], 0)
    found, undecided = [], 0
    for group in groups.values():
        if len(group) == 1:
            found.append(group[0])
            continue
        first = group[0]
        values = {key: value for key, value in first.values.items() if key != "annotator"}
        for name, task in codebook.tasks.items():
            votes = [row.values[name] for row in group if row.values.get(name) is not None]
            if name in values and votes:
                values[name] = _several(votes) if task.kind == "multi" else _one(votes)
                undecided += values[name] is None
            elif name in values:
                values[name] = None
        found.append(Row(first.file, first.number, values, first.unit))
    return Agreed(found, undecided)


def _one(votes: Sequence[Any]) -> str | None:
    (label, most), *others = Counter(votes).most_common(2)
    return None if others and others[0][1] == most else label


def _several(votes: Sequence[Sequence[str]]) -> list[str]:
    counts = Counter(label for labels in votes for label in labels)
    return [label for label, count in counts.items() if count > len(votes) / 2]
