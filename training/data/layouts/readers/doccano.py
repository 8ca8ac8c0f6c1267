"""doccano: JSONL with labels of the text, or of spans in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .....rows import Row
from .annotated import Annotated, Answer, Broken, Found, Reading, labels_of, span_of, wanted
from .records import records, row_by_row

FIELDS = ("label", "labels", "entities")
OF_ALL = frozenset({"all", "unknown"})
"""Names of doccano's files that are nobody's in particular."""
OWN_ID = "passage_id"
"""Where our own files keep a passage's id: doccano counts `id` itself."""
LABELLED = "labelled"
"""Where our own files say which tasks are labelled, so that one without a label is labelled with none."""


def read_doccano(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """A passage for each line; labels of spans count as labels of the whole passage.

    An export with a file for each user (in its zip file or folder) gives the users' names as `annotator`.
    """
    rows = list(records(paths, reading=reading))
    several = len({row.file for row in rows}) > 1
    return row_by_row(rows, read=lambda row: [_passage(row, reading=reading, by_user=several)])


def _passage(row: Row, *, reading: Reading, by_user: bool) -> Annotated:
    values = dict(row.values)
    field = next((name for name in FIELDS if name in values), None)
    if field is None or reading.text not in values:
        there = ", ".join(map(str, values))[:200] or "nothing"
        missing = f"no text {reading.text!r}" if field else "no label, labels or entities"
        raise Broken(f"{missing} among {there}" + (". Name it with --text NAME" if field else ""))
    text = values.pop(reading.text)
    labels = _labels(values.pop(field), field=field, text=text)
    values.pop("relations", None)
    asked = values.pop(LABELLED, None)
    answers = {"label": labels} if asked is None else _by_task(labels, asked=asked, tasks=reading.tasks)
    if OWN_ID in values:
        values["id"] = values.pop(OWN_ID)
    elif asked is not None:
        values.pop("id", None)
    user = Path(row.file).name.removesuffix(".jsonl")
    if by_user and user not in OF_ALL:
        values.setdefault("annotator", user)
    return Annotated(row.file, row.number, row.unit, text, answers, values)


def _labels(value: Any, *, field: str, text: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not any(isinstance(one, list | dict) for one in value):
        return labels_of(value, what=field)
    found = []
    for number, one in enumerate(value, start=1):
        what = f"{field}, {number}"
        if isinstance(one, dict):
            one = [one.get("start_offset"), one.get("end_offset"), one.get("label")]
        if len(wanted(one, list, what=what, expected="[start, end, label]")) != 3:
            raise Broken(f"{what}: [start, end, label] is expected, here are {len(one)} values")
        span_of(one[0], one[1], text=wanted(text, str, what="text", expected="text"), what=what)
        found.append(one[2])
    return labels_of(found, what=field)


def _by_task(labels: list[str], *, asked: Any, tasks: Sequence[str]) -> dict[str, Answer]:
    """Labels that name their task (`stance.neutral`), by task; None for tasks that nobody answered."""
    names = wanted(asked, str, what=LABELLED, expected="names of tasks joined by |").split("|")
    answers: dict[str, Answer] = {task: [] if task in names else None for task in (*tasks, *filter(None, names))}
    for label in labels:
        task, dot, leaf = label.partition(".")
        known, name = (task, leaf) if dot and task in answers else ("label", label)
        answers[known] = [*(answers.get(known) or []), name]
    return answers
