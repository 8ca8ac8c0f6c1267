"""SemEval-2020 Task 11: articles, and techniques of propaganda by spans of characters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from .....model.errors import UserError
from .....rows import BadRow
from .annotated import Annotated, Broken, Found, PassedOver, Reading, span_of
from .articles import Span, article_number, cut, labels_within, part_of
from .records import find_texts, read_lines, read_whole

SPANS_ALONE = "propaganda"
"""The label of spans in the files of subtask SI, which name no technique."""


def read_semeval2020_task11(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """Lines (or other units) of `article*.txt` with the techniques of the spans that overlap them.

    Labels are `*.labels`: id, technique, start, end (subtask TC); id, start, end (SI) where no TC file is there. Both
    one file an article and one file a part are read. Articles of a part (train, dev, test) without any label file
    are left out; without a line of their own in it they are labelled with none. Da San Martino et al. 2020.
    """
    files = find_texts(paths)
    articles = [f for f in files if f.suffix == ".txt" and f.name.startswith("article") and "label" not in f.name]
    tables = [f for f in files if "label" in f.name and f.suffix in (".labels", ".txt") and f not in articles]
    if not articles or not tables:
        missing = "articles (article*.txt)" if not articles else "label files (*.labels)"
        raise UserError(f"{paths[0]}: no {missing} in it. Name the folder that holds articles and labels")
    texts: dict[tuple[str | None, str], tuple[Path, str]] = {}
    for file in articles:
        number = article_number(file.name)
        try:
            if number is None:
                raise Broken("an article's file is called by its number: article111111111.txt")
            texts[part_of(file), number] = (file, read_whole(file, encoding=reading.encoding))
        except Broken as broken:
            yield BadRow(file.name, None, str(broken))
    spans: dict[tuple[str | None, str], list[Span]] = defaultdict(list)
    labelled: set[str | None] = set()
    for file in _of_one_subtask(tables):
        labelled.add(part_of(file))
        yield from _add_spans(file, texts=texts, spans=spans, encoding=reading.encoding)
    for (part, number), (file, text) in texts.items():
        if part not in labelled:
            yield PassedOver(f"articles of {part or 'the folder'} without label files")
            continue
        for place, (start, end) in enumerate(cut(text, unit=reading.unit or "line"), start=1):
            answers = {"technique": labels_within(spans[part, number], start=start, end=end)}
            columns = {"id": f"{number}:{start}", "group": number, "split": part, "start": start, "end": end}
            yield Annotated(file.name, place, "passage", text[start:end], answers, columns)


def _of_one_subtask(tables: Sequence[Path]) -> list[Path]:
    """The files of subtask TC; those of SI, whose spans name no technique, only where there are no others."""
    si = [file for file in tables if "-si" in file.name.lower()]
    return [file for file in tables if file not in si] or si


def _add_spans(
    file: Path,
    *,
    texts: dict[tuple[str | None, str], tuple[Path, str]],
    spans: dict[tuple[str | None, str], list[Span]],
    encoding: str,
) -> Iterator[BadRow]:
    part = part_of(file)
    try:
        lines = read_lines(file, encoding=encoding)
    except Broken as broken:
        yield BadRow(file.name, None, str(broken))
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        fields = line.split("\t")
        try:
            if len(fields) == 3:
                fields.insert(1, SPANS_ALONE)
            if len(fields) != 4 or not fields[1].strip():
                raise Broken(f"id, technique, start and end with tabs between are expected, here is {line[:60]!r}")
            key = (part, fields[0].strip())
            if key not in texts:
                raise Broken(f"there is no article {fields[0]!r}" + (f" in {part}" if part else ""))
            start, end = span_of(fields[2], fields[3], text=texts[key][1], what=f"article {fields[0]}")
            spans[key].append(Span(fields[1].strip(), start, end))
        except Broken as broken:
            yield BadRow(file.name, number, str(broken), "line")
