"""SemEval-2023 Task 3: articles in several languages with genre, frames, and techniques by line."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .....model.errors import UserError
from .....rows import BadRow
from .annotated import Annotated, Answer, Broken, Found, PassedOver, Reading
from .articles import article_number, part_of
from .records import find_texts, read_lines, read_whole

TABLE = re.compile(r"labels-subtask-([123])\.txt$")
ARTICLES = re.compile(r"articles(?:-subtask-([123]))?$")
QUESTIONS = {"1": "genre", "2": "frame", "3": "technique"}
LANGUAGES = {"ge": "de", "gr": "el", "po": "pl"}
"""The task's own codes of languages, where ISO 639-1 has others."""


@dataclass(frozen=True)
class Article:
    """An article's file by what its folders say."""

    file: Path
    text: str
    language: str | None
    part: str | None
    number: str


def read_semeval2023_task3(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """Articles with their genre (subtask 1) and frames (2), or lines of articles with their techniques (3).

    `LANGUAGE/PART-articles-subtask-N/article123.txt` beside `LANGUAGE/PART-labels-subtask-N.txt`: id and labels joined
    by commas, in subtask 3 id, number of the line from 1, and labels. Articles and lines without an entry are left out.
    Where there are label files of both kinds, the unit says which is meant. Piskorski et al. 2023.
    """
    files = find_texts(paths)
    tables = {file: match[1] for file in files if (match := TABLE.search(file.name))}
    by_line = {file for file, subtask in tables.items() if subtask == "3"}
    if reading.unit not in (None, "article", "line"):
        raise UserError(f"--unit {reading.unit}: this layout has labels of articles and of lines")
    if not tables:
        raise UserError(
            f"{paths[0]}: no label files (train-labels-subtask-3.txt) in it. Name the folder data of the task"
        )
    if reading.unit is None and 0 < len(by_line) < len(tables):
        raise UserError(
            f"{paths[0]}: has labels of articles (subtasks 1, 2) and of lines (subtask 3). "
            "Choose with --unit article or --unit line"
        )
    lines = reading.unit == "line" or (reading.unit is None and bool(by_line))
    chosen = {file: subtask for file, subtask in tables.items() if (file in by_line) == lines}
    if not chosen:
        raise UserError(f"{paths[0]}: no label files of {'lines' if lines else 'articles'}. Choose another --unit")
    articles: dict[tuple[str | None, str | None, str], Article] = {}
    for file in files:
        match = ARTICLES.search(file.parent.name)
        if not match or file.suffix != ".txt" or (match[1] and match[1] not in chosen.values()):
            continue
        number = article_number(file.name)
        try:
            if number is None:
                raise Broken("an article's file is called by its number: article123.txt")
            own = Article(file, read_whole(file, encoding=reading.encoding), _language(file), part_of(file), number)
            articles[own.language, own.part, own.number] = own
        except Broken as broken:
            yield BadRow(file.name, None, str(broken))
    yield from (_by_line if lines else _by_article)(chosen, articles, reading=reading)


Articles = dict[tuple[str | None, str | None, str], Article]


def _by_article(tables: dict[Path, str], articles: Articles, *, reading: Reading) -> Iterator[Found]:
    answers: dict[tuple[str | None, str | None, str], dict[str, Answer]] = defaultdict(dict)
    for file, subtask in tables.items():
        for entry in _entries(file, fields=2, reading=reading):
            if isinstance(entry, BadRow):
                yield entry
            elif (key := (_language(file), part_of(file), entry[1][0])) not in articles:
                yield BadRow(file.name, entry[0], f"there is no article {entry[1][0]!r} for it", "line")
            else:
                answers[key][QUESTIONS[subtask]] = _labels(entry[1][1])
    for key, article in articles.items():
        if key in answers:
            columns = {"id": article.number, "split": article.part, "language": article.language}
            yield Annotated(article.file.name, 1, "article", article.text.strip(), answers[key], columns)
        else:
            yield PassedOver("articles without labels")


def _by_line(tables: dict[Path, str], articles: Articles, *, reading: Reading) -> Iterator[Found]:
    lines = {key: article.text.splitlines() for key, article in articles.items()}
    for file in tables:
        for entry in _entries(file, fields=3, reading=reading):
            if isinstance(entry, BadRow):
                yield entry
                continue
            row, (number, line, labels) = entry
            key = (_language(file), part_of(file), number)
            if key not in articles:
                yield BadRow(file.name, row, f"there is no article {number!r} for it", "line")
            elif not line.isdecimal() or len(line) > 9 or not 1 <= int(line) <= len(lines[key]):
                there = f"the article has lines 1 to {len(lines[key])}"
                yield BadRow(file.name, row, f"{line[:20]!r} is no line of article {number}: {there}", "line")
            else:
                article, text = articles[key], lines[key][int(line) - 1].strip()
                columns = {"id": f"{number}:{line}", "group": number, "split": article.part}
                columns |= {"language": article.language}
                if text:
                    yield Annotated(file.name, row, "line", text, {"technique": _labels(labels)}, columns)
                elif labels:
                    yield BadRow(file.name, row, f"line {line} of article {number} is empty, but has labels", "line")
                else:
                    yield PassedOver("empty lines without labels")


def _entries(file: Path, *, fields: int, reading: Reading) -> Iterator[tuple[int, list[str]] | BadRow]:
    """(number of the row, fields) of a label file."""
    try:
        rows = read_lines(file, encoding=reading.encoding)
    except Broken as broken:
        yield BadRow(file.name, None, str(broken))
        return
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        found = [field.strip() for field in row.split("\t")]
        found += [""] * (len(found) == fields - 1)  # no label: the last tab may be gone
        if len(found) == fields:
            yield number, found
        else:
            yield BadRow(
                file.name, number, f"{fields} fields with tabs between are expected, here is {row[:60]!r}", "line"
            )


def _labels(joined: str) -> list[str]:
    return list(dict.fromkeys(label.strip() for label in joined.split(",") if label.strip()))


def _language(file: Path) -> str | None:
    """The code of a language among the folders of a file, nearest first."""
    code = next((name for name in reversed(file.parent.parts) if re.fullmatch(r"[a-z]{2}", name)), None)
    return LANGUAGES.get(code, code) if code else None
