"""Articles cut into passages, and labels by spans of characters that go with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .annotated import Unit

NUMBER = re.compile(r"(\d+)")
PARTS = {"train": "train", "dev": "validation", "val": "validation", "validation": "validation", "test": "test"}
PART = re.compile(r"(?:^|[^a-z])(train|dev|validation|val|test)(?:[^a-z]|$)")
PARAGRAPH = re.compile(r"\n[ \t\r]*\n\s*")


@dataclass(frozen=True)
class Span:
    """A label of some characters of an article."""

    label: str
    start: int
    end: int


def cut(text: str, *, unit: Unit, language: str = "en") -> Iterator[tuple[int, int]]:
    """(start, end) of each passage in characters, white space around it left out, empty ones too.

    Sentences are sentencex's, within lines, since a headline has no full stop.
    """
    if unit == "article":
        borders = [(0, len(text))]
    elif unit == "paragraph":
        ends = [match.span() for match in PARAGRAPH.finditer(text)]
        borders = list(zip([0, *(end for _, end in ends)], [*(start for start, _ in ends), len(text)], strict=True))
    else:
        borders = _running(text, text.splitlines(keepends=True), start=0)
    for start, end in borders:
        inside = _sentences(text, start, end, language=language) if unit == "sentence" else [(start, end)]
        for first, last in inside:
            passage = text[first:last]
            if passage.strip():
                yield first + len(passage) - len(passage.lstrip()), last - len(passage) + len(passage.rstrip())


def _running(text: str, pieces: Iterable[str], *, start: int) -> list[tuple[int, int]]:
    found = []
    for piece in pieces:
        found.append((start, start + len(piece)))
        start += len(piece)
    return found


def _sentences(text: str, start: int, end: int, *, language: str) -> list[tuple[int, int]]:
    from sentencex import segment

    return _running(text, segment(language, text[start:end]), start=start)


def labels_within(spans: Sequence[Span], *, start: int, end: int) -> list[str]:
    """Labels of the spans that share a character with this passage, each once, in the order of the spans."""
    return list(dict.fromkeys(span.label for span in spans if span.start < end and start < span.end))


def article_number(name: str) -> str | None:
    """`article111111111.task2-TC.labels` -> `111111111`; None where a name has no number."""
    match = NUMBER.search(name)
    return match[1] if match else None


def part_of(path: Path) -> str | None:
    """`train`, `validation` or `test`, by the nearest name in the path that says so; None where none does."""
    for name in reversed(path.parts):
        if match := PART.search(name.lower()):
            return PARTS[match[1]]
    return None
