"""UNLP-2025: posts in Ukrainian and Russian with techniques of manipulation, as CSV or Parquet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .....rows import Row
from ...labels import is_missing
from .annotated import Annotated, Broken, Found, PassedOver, Reading, labels_of, shown, span_of, wanted
from .records import records, row_by_row

TEXTS = ("content", "text")
SPANS = ("trigger_words", "spans")
QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
PRINTED_SPANS = re.compile(r"(?:\[|array|\(|\)|\]|,|\s|\d)*")
BEHIND = "spans that end behind the text, cut at its end"
PAIR = re.compile(r"[\[(]\s*(\d+)[\s,]+(\d+)\s*[\])]")


def read_unlp2025(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """A passage for each post: `id`, `content`, `lang`, `manipulative`, `techniques`, `trigger_words`.

    Spans name no technique, so that they stay a column. In CSV lists stand as Python prints them. A post that is not
    manipulative is labelled with none. Without a column of techniques (the test files) posts are left unlabelled.
    """
    return row_by_row(records(paths, reading=reading), read=partial(_passage, reading=reading))


def _passage(row: Row, *, reading: Reading) -> Iterator[Found]:
    """The post, and word of each of its spans that was cut at its end."""
    values = dict(row.values)
    name = next((name for name in (reading.text, *TEXTS) if name in values), None)
    if name is None:
        there = ", ".join(map(str, values))[:200] or "nothing"
        raise Broken(f"no content among {there}. Name it with --text NAME")
    text = values.pop(name)
    answers = {"technique": _techniques(values.pop("techniques")) if "techniques" in values else None}
    cut = 0
    spans = next((name for name in SPANS if name in values), None)
    if spans is not None:
        values["trigger_words"], cut = _spans(values.pop(spans), text=text, what=spans)
    _agree(values, answers["technique"])
    yield Annotated(row.file, row.number, row.unit, text, answers, values)
    yield from [PassedOver(BEHIND)] * cut


def _techniques(value: Any) -> list[str]:
    if is_missing(value):
        return []
    if isinstance(value, str):
        found = [one or other for one, other in QUOTED.findall(value)]
        if not found and value.strip() not in ("", "[]"):
            raise Broken(f"techniques: a printed list like ['euphoria', 'fud'] is expected, here is {shown(value)}")
        return labels_of(found, what="techniques")
    return labels_of(value, what="techniques")


def _spans(value: Any, *, text: Any, what: str) -> tuple[list[list[int]], int]:
    """Spans, those that end behind the text cut there, and how many were."""
    if is_missing(value):
        return [], 0
    if isinstance(value, str):
        if not PRINTED_SPANS.fullmatch(value):
            raise Broken(f"{what}: a printed list like [[27, 63]] is expected, here is {shown(value)}")
        pairs: list[Any] = [list(pair) for pair in PAIR.findall(value)]
    else:
        pairs = wanted(value, (list, tuple), what=what, expected="a list of spans")
    whole = wanted(text, str, what="content", expected="text")
    found, cut = [], 0
    for number, pair in enumerate(pairs, start=1):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Broken(f"{what}, {number}: [start, end] is expected, here is {shown(pair)}")
        end = pair[1]
        if str(end)[:9].isdecimal() and int(str(end)[:9]) > len(whole):
            end, cut = len(whole), cut + 1  # 11 of the 3,058 posts that were published have such a span
        found.append(list(span_of(pair[0], end, text=whole, what=f"{what}, {number}")))
    return found, cut


def _agree(values: Mapping[str, Any], techniques: Sequence[str] | None) -> None:
    manipulative = values.get("manipulative")
    if techniques and str(manipulative).lower() in ("false", "0"):
        raise Broken(f"manipulative is {manipulative}, but it has techniques ({', '.join(techniques)[:60]})")
