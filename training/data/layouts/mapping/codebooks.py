"""A codebook out of the labels that the data have, for a person to say what they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Literal, TypeVar

from .....model.codebook import RESERVED, Codebook, Label, Task
from .....model.errors import UserError
from .names import label_name
from .seen import Question

Place = tuple[str, str]
"""A question and its label, or a task and its label."""
Parent = Callable[[str], str | None]
MOST_LABELS = 1_000
Key = TypeVar("Key", bound=Hashable)
FLAT = "label"
"""The task of labels whose question has no name of its own."""


def make_codebook(
    questions: Mapping[str, Question],
    *,
    name: str,
    task: str | None = None,
    single: frozenset[str] = frozenset(),
    multi: frozenset[str] = frozenset(),
    parent: Parent | None = None,
    left_out: frozenset[Place] = frozenset(),
) -> tuple[Codebook, dict[Place, Place]]:
    """A codebook of all labels, and where each went.

    A question becomes a task: `single` where every passage has one label and no layout says otherwise, else `multi`.
    Questions with one label, of the same name (columns of 0 and 1), become one task together. What labels mean
    cannot be told from the data: `means` says that it is to be written, and has the label as it was.

    Args:
        task: what to call the task, where there is one.
        single, multi: questions that take one label, or several, whatever the data show.
        parent: the parent of a label, where labels have two levels.

    Raises:
        UserError: no label, one label alone for a task that takes one, or more than a codebook can mean.
    """
    groups: dict[str, dict[str, str]] = {}  # task's words -> label -> question
    for question, own in questions.items():
        words = FLAT if list(own.labels) in ([question], []) else question
        kept = {label: question for label in own.labels if (question, label) not in left_out}
        if kept:
            groups.setdefault(words, {}).update(kept)
    total = sum(map(len, groups.values()))
    if not 0 < total <= MOST_LABELS:
        raise UserError(f"--make-codebook: {total:,} different labels in the data; 1 to {MOST_LABELS:,} are expected")
    if task is not None and len(groups) > 1:
        raise UserError(f"--task {task}: the data have {len(groups)} tasks ({', '.join(groups)}); names are for one")
    tasks: dict[str, Task] = {}
    places: dict[Place, Place] = {}
    names = _distinct({words: task or label_name(words) or "task" for words in groups}, taken=RESERVED)
    for words, labels in groups.items():
        several = len(set(labels.values())) > 1 or any(
            question in multi or questions[question].most > 1 or (questions[question].empty and question not in single)
            for question in labels.values()
        )
        kind: Literal["single", "multi"] = "multi" if several or len(labels) < 2 else "single"
        own_names, made = _labels(list(labels), parent=parent if kind == "multi" else None)
        tasks[names[words]] = Task(kind=kind, means=f"To be written: what {words!r} asks.", labels=made)
        places |= {(question, label): (names[words], own_names[label]) for label, question in labels.items()}
    return Codebook(name=name, version="1", tasks=tasks), places


def _labels(labels: list[str], *, parent: Parent | None) -> tuple[dict[str, str], dict[str, Label]]:
    """Names of labels, and labels of a codebook with their parents before them."""
    above = {label: parent(label) if parent else None for label in labels}
    parents = list(dict.fromkeys(one for one in above.values() if one))
    short = {label: label_name(label[len(above[label] or "") :]) for label in labels}
    often = Counter(short.values())
    chosen = {
        label: short[label] if often[short[label]] == 1 and short[label] != "other" else label_name(label)
        for label in labels
    }
    names = _distinct({(0, one): label_name(one) for one in parents} | {(1, one): chosen[one] for one in labels})
    made: dict[str, Label] = {}
    for label in labels:
        over = above[label]
        if over is not None:
            made.setdefault(names[0, over], Label(means=_means(over)))
        made[names[1, label]] = Label(means=_means(label), parent=names[0, over] if over else None)
    return {label: names[1, label] for label in labels}, made


def _distinct(wanted: Mapping[Key, str], *, taken: set[str] | None = None) -> dict[Key, str]:
    """The names, with a number behind those that are empty or there already."""
    used: set[str] = set(taken or ())
    found: dict[Key, str] = {}
    for key, name in wanted.items():
        base = name or "label"
        name, number = (base, 1) if name else (f"{base}_1", 1)
        while name in used:
            number += 1
            name = f"{base}_{number}"
        used.add(name)
        found[key] = name
    return found


def _means(words: str) -> str:
    return f"To be written: what {words!r} means."
