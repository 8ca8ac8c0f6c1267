"""Label Studio: tasks with their annotations (JSON), or a row an annotation (JSON_MIN, CSV)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .....rows import BadRow, Row
from .annotated import Annotated, Answer, Broken, Found, PassedOver, Reading, labels_of, shown, text_of, wanted
from .records import records, row_by_row

OF_LABELS = frozenset({"choices", "labels", "hypertextlabels", "taxonomy"})
"""Types of results whose value is a list of labels, under the type's own name."""
UNASKED = "not labelled"
"""What our own tasks say in an empty result: the passage has no answer to this question, not the answer none."""
OF_LABELLING = frozenset({"annotator", "annotation_id", "created_at", "updated_at", "lead_time"})


def read_label_studio(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """A passage for each annotation that was finished: neither skipped nor a draft.

    Spans that were labelled in a text count as labels of the whole passage. Fields of `data` become columns, the
    task's id is the passage's where `data` has none, and who completed an annotation is its `annotator`.
    """
    flat: list[Row] = []
    for row in records(paths, reading=reading):
        if isinstance(row, BadRow):
            yield row
        elif {"data", "annotations", "completions"} & set(row.values):
            number = row.values.get("id")
            if isinstance(number, int) and not isinstance(number, bool):
                place = (row.file, number, "task")
            else:
                place = (row.file, row.number, row.unit)
            try:
                yield from _task(row.values, place=place, reading=reading)
            except Broken as broken:
                yield BadRow(place[0], place[1], str(broken), place[2])
        else:
            flat.append(row)
    yield from _flat(flat, reading=reading)


def _task(task: Mapping[str, Any], *, place: tuple[str, int, str], reading: Reading) -> Iterator[Found]:
    data = wanted(task.get("data"), dict, what="data", expected="an object")
    if reading.text not in data:
        raise Broken(f"data: no text {reading.text!r} among {', '.join(data) or 'nothing'}. Name it with --text NAME")
    columns = {key: value for key, value in data.items() if key != reading.text}
    columns.setdefault("id", task.get("id"))
    name = "annotations" if "annotations" in task else "completions"  # as they were called before version 1.0
    annotations = wanted(task.get(name) or [], list, what=name, expected="a list")
    finished = 0
    for number, annotation in enumerate(annotations, start=1):
        what = f"{name}, {number}"
        wanted(annotation, dict, what=what, expected="an object")
        if annotation.get("was_cancelled") or annotation.get("skipped"):
            yield PassedOver("annotations that were skipped")
            continue
        finished += 1
        answers, others = _answers(annotation.get("result") or [], what=what)
        yield from (PassedOver(f"results of the type {kind}, which has no labels") for kind in others)
        annotator = _who(annotation.get("completed_by"))
        yield Annotated(*place, data[reading.text], answers, columns | ({"annotator": annotator} if annotator else {}))
    if not finished:
        if reading.unfinished:
            yield Annotated(*place, data[reading.text], {}, columns, labelled=False)
        else:
            yield PassedOver("tasks without a finished annotation")


def _answers(results: Any, *, what: str) -> tuple[dict[str, Answer], list[str]]:
    """Control -> labels, and the types of results that are no labels."""
    found: dict[str, Answer] = {}
    others: list[str] = []
    for number, result in enumerate(wanted(results, list, what=f"{what}, result", expected="a list"), start=1):
        place = f"{what}, result {number}"
        wanted(result, dict, what=place, expected="an object")
        kind = result.get("type")
        if kind not in OF_LABELS:
            others.append(str(kind)[:40])
            continue
        control = wanted(result.get("from_name"), str, what=f"{place}, from_name", expected="the name of a control")
        value = wanted(result.get("value"), dict, what=f"{place}, value", expected="an object").get(kind)
        labels = _leaves(value, what=place) if kind == "taxonomy" else labels_of(value, what=f"{place}, {kind}")
        if labels or not _unasked(result):
            found[control] = list(dict.fromkeys([*(found.get(control) or []), *labels]))
        else:
            found.setdefault(control, None)
    return found, others


def _leaves(value: Any, *, what: str) -> list[str]:
    """Of paths through a taxonomy, the last label of each."""
    paths = wanted(value, list, what=f"{what}, taxonomy", expected="a list of paths")
    ends = [labels_of(path, what=f"{what}, taxonomy")[-1:] for path in paths]
    return [label for end in ends for label in end]


def _unasked(result: Mapping[str, Any]) -> bool:
    meta = result.get("meta")
    return isinstance(meta, dict) and meta.get("text") == [UNASKED]


def _who(completed_by: Any) -> str | None:
    if isinstance(completed_by, dict):
        completed_by = next((completed_by[key] for key in ("email", "username", "id") if completed_by.get(key)), None)
    return None if completed_by is None else str(completed_by)


def _flat(rows: list[Row], *, reading: Reading) -> Iterator[Found]:
    controls = _controls(rows, reading=reading)

    def read(row: Row) -> Iterator[Annotated]:
        text = text_of(row.values, reading=reading)
        asked = controls & set(row.values)
        answers = {control: _flat_labels(row.values[control], what=control) for control in asked}
        columns = {key: value for key, value in row.values.items() if key not in {reading.text, *controls}}
        columns["annotator"] = _who(row.values.get("annotator"))
        yield Annotated(row.file, row.number, row.unit, text, answers, columns)

    return row_by_row(rows, read=read)


def _controls(rows: list[Row], *, reading: Reading) -> set[str]:
    """Which fields are controls: those named, else those of the codebook or with choices, else by their order.

    Label Studio writes a record's data, then its id, then the controls, then who labelled and when.
    """
    if reading.label_columns:
        return set(reading.label_columns)
    names = {key for row in rows for key in row.values}
    chosen = {key for row in rows for key, value in row.values.items() if _choices(value) is not None}
    if found := (names & set(reading.tasks)) | chosen:
        return found
    for row in rows:
        keys = list(row.values)
        ends = [i for i, key in enumerate(keys) if key in OF_LABELLING]
        if "id" in keys and ends and keys.index("id") < ends[0]:
            found |= set(keys[keys.index("id") + 1 : ends[0]])
    return found - {reading.text}


def _choices(value: Any) -> Any:
    """The list in `{"choices": […]}`, an object or, in CSV, its JSON; None for anything else."""
    if isinstance(value, str) and value.lstrip().startswith('{"choices"'):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value.get("choices") if isinstance(value, dict) else None


def _flat_labels(value: Any, *, what: str) -> list[str]:
    chosen = _choices(value)
    if chosen is None and isinstance(value, dict):
        raise Broken(f"{what}: a label or {{'choices': […]}} is expected, here is {shown(value)}")
    return labels_of([] if value is None else value if chosen is None else chosen, what=what)
