"""Which labels a layout's passages have, how often, and where each stands first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..readers.annotated import Annotated


@dataclass
class Seen:
    """What was found of one label."""

    place: str
    passages: int = 0


@dataclass
class Question:
    """What was found of one question.

    Attributes:
        labels: in the order in which they come.
        most: labels that one passage has at most.
        empty: passages that answered it with no label, or were not asked.
    """

    labels: dict[str, Seen] = field(default_factory=dict)
    most: int = 0
    empty: int = 0


def count_labels(passages: Sequence[Annotated]) -> dict[str, Question]:
    """Question -> its labels, in the order in which they come."""
    found: dict[str, Question] = {name: Question() for one in passages for name in one.answers}
    for one in passages:
        for name, question in found.items():
            labels = one.answers.get(name) or ()
            question.most = max(question.most, len(labels))
            question.empty += not labels
            for label in labels:
                question.labels.setdefault(label, Seen(one.place)).passages += 1
    return found


def listed(labels: Iterable[str], *, most: int = 12) -> str:
    """The first of some names, for messages."""
    names = list(labels)
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
