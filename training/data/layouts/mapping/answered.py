"""What the passages of a layout answered, as columns of a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .....model.codebook import Codebook
from .....rows import BadRow, Row
from ..readers.annotated import Annotated
from .codebooks import Place

SPLIT_NAMES = {"dev": "validation", "val": "validation", "valid": "validation"}


def as_rows(
    passages: Sequence[Annotated],
    *,
    codebook: Codebook,
    places: Mapping[Place, Place | None],
    none_where_empty: bool = False,
) -> Iterator[Row | BadRow]:
    """A row of a corpus for each passage; a task that no passage answered has no column.

    A multi task without a label is labelled with none, unless its questions say that they were not answered; a single
    one is not labelled.

    Args:
        none_where_empty: every passage was looked at for every task: no label always means none.
    """
    asked = {name for one in passages for name in one.answers}
    feeding = {
        name: {question for (question, _), place in places.items() if place and place[0] == name} | ({name} & asked)
        for name in codebook.tasks
    }
    if not any(feeding.values()):  # nobody has labelled anything yet
        feeding = {name: {name} for name in codebook.tasks}
        passages = [replace(one, labelled=False) for one in passages]
    for one in passages:
        values: dict[str, Any] = {"text": one.text, **_columns(one.columns, tasks=codebook.tasks)}
        wrong = []
        for name, questions in feeding.items():
            if not questions:
                continue
            labels = _labels(one, questions, name=name, places=places)
            if codebook.tasks[name].kind == "multi":
                values[name] = [] if labels is None and none_where_empty else labels
            elif labels is not None and len(labels) > 1:
                wrong.append(f"{name}: one label is expected, here are {' and '.join(labels)}")
            else:
                values[name] = labels[0] if labels else None
        if wrong:
            yield BadRow(one.file, one.number, "; ".join(wrong), one.unit)
        else:
            yield Row(one.file, one.number, values, one.unit)


def _labels(
    one: Annotated, questions: set[str], *, name: str, places: Mapping[Place, Place | None]
) -> list[str] | None:
    """The task's labels, each once; None where none of its questions was answered."""
    given = {question: one.answers.get(question, ()) for question in sorted(questions)}
    if not one.labelled or all(answer is None for answer in given.values()):
        return None
    targets = (places.get((question, label)) for question, answer in given.items() for label in answer or ())
    return list(dict.fromkeys(place[1] for place in targets if place and place[0] == name))


def _columns(columns: Mapping[str, Any], *, tasks: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in columns.items() if value is not None and key not in tasks and key != "text"}
    if "lang" in kept:
        kept.setdefault("language", kept.pop("lang"))
    split = kept.get("split")
    if isinstance(split, str):
        kept["split"] = SPLIT_NAMES.get(split.lower(), split)
    return kept
