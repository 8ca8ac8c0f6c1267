"""SemEval-2021 Task 6: JSON with the techniques of a meme's text, also by spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .....rows import Row
from .annotated import Annotated, Broken, Found, Reading, labels_of, span_of, wanted
from .articles import Span, cut, labels_within
from .records import records, row_by_row

LISTS = ("labels", "techniques")


def read_semeval2021_task6(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """A passage for each text: `id`, `text` and `labels`, of techniques (subtasks 1, 3) or of spans with one (2).

    Spans may also lie in a list `spans` beside `techniques`. With spans, the text can be cut into lines or sentences.
    Dimitrov et al. 2021.
    """
    return row_by_row(records(paths, reading=reading), read=partial(_passages, reading=reading))


def _passages(row: Row, *, reading: Reading) -> Iterator[Annotated]:
    values = dict(row.values)
    name = next((name for name in LISTS if name in values), None)
    if name is None or reading.text not in values:
        there = ", ".join(map(str, values))[:200] or "nothing"
        raise Broken(f"{reading.text} and labels are expected, here are {there}")
    text = values.pop(reading.text)
    given = wanted(values.pop(name), list, what=name, expected="a list of techniques or spans")
    of_spans = any(isinstance(one, dict) for one in given)
    marked = given if of_spans else wanted(values.pop("spans", None) or [], list, what="spans", expected="a list")
    spans = [_span(one, text=text, what=f"span {i}") for i, one in enumerate(marked, start=1)]
    labels = labels_of([span.label for span in spans] if of_spans else given, what=name)
    if reading.unit in (None, "article"):
        yield Annotated(row.file, row.number, row.unit, text, {"technique": labels}, values)
        return
    if labels and not spans:
        raise Broken(f"its techniques have no spans, so that it cannot be cut by {reading.unit}. Leave out --unit")
    whole = wanted(text, str, what=reading.text, expected="text")
    for start, end in cut(whole, unit=reading.unit):
        answers = {"technique": labels_within(spans, start=start, end=end)}
        columns = values | {"id": f"{values.get('id')}:{start}", "group": values.get("id")}
        yield Annotated(row.file, row.number, row.unit, whole[start:end], answers, columns)


def _span(value: Any, *, text: Any, what: str) -> Span:
    wanted(value, dict, what=what, expected="an object with start, end and technique")
    label = value.get("technique", value.get("label"))
    labels = labels_of([label], what=f"{what}, technique")
    if not labels:
        raise Broken(f"{what}: a technique is expected, here is none")
    whole = wanted(text, str, what="text", expected="text")
    return Span(labels[0], *span_of(value.get("start"), value.get("end"), text=whole, what=what))
