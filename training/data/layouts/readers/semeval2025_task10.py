"""SemEval-2025 Task 10, subtask 2: documents with narratives and sub-narratives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from .....model.errors import UserError
from .....rows import BadRow
from .annotated import Annotated, Broken, Found, Reading
from .articles import part_of
from .records import find_texts, read_lines, read_whole

TABLE = re.compile(r"subtask-?2.*annotations.*\.txt$")
LANGUAGE = re.compile(r"(EN|BG|HI|PT|RU)(?:[_-]|$)")
NOTHING = frozenset({"other", "none", ""})


def read_semeval2025_task10(paths: Sequence[Path], *, reading: Reading) -> Iterator[Found]:
    """A passage for each document, labelled with sub-narratives, whose narratives are their parents.

    `subtask-2-annotations.txt`: name of the document, narratives joined by `;`, a sub-narrative for each in the same
    order. `Other` in both is labelled with none; as the sub-narrative of a narrative it is a label of its own. A
    document's language is that of its folder or name (`EN_UA_103861.txt`). Piskorski et al. 2025.
    """
    files = find_texts(paths)
    tables = [file for file in files if TABLE.search(file.name)]
    documents: dict[str, list[Path]] = {}
    for file in files:
        if file.suffix == ".txt" and file not in tables:
            documents.setdefault(file.name, []).append(file)
    if not tables:
        raise UserError(f"{paths[0]}: no subtask-2-annotations.txt in it. Name the folder that holds it")
    for table in tables:
        try:
            lines = read_lines(table, encoding=reading.encoding)
        except Broken as broken:
            yield BadRow(table.name, None, str(broken))
            continue
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield _document(line, documents, table=table, number=number, reading=reading)
                except Broken as broken:
                    yield BadRow(table.name, number, str(broken), "line")


def _document(line: str, documents: dict[str, list[Path]], *, table: Path, number: int, reading: Reading) -> Annotated:
    fields = line.split("\t")
    if len(fields) != 3:
        raise Broken(f"name, narratives and sub-narratives with tabs between are expected, here is {line[:60]!r}")
    name = fields[0].strip()
    there = documents.get(name) or documents.get(f"{name}.txt")
    if not there:
        raise Broken(f"there is no document {name!r}")
    file = max(there, key=lambda path: _shared(path, table))
    text = read_whole(file, encoding=reading.encoding).strip()
    code = next((match[1] for part in reversed(file.parts) if (match := LANGUAGE.match(part))), None)
    columns = {"id": Path(name).stem, "language": code.lower() if code else None, "split": part_of(table)}
    return Annotated(table.name, number, "line", text, {"narrative": _narratives(fields[1], fields[2])}, columns)


def _narratives(narratives: str, below: str) -> list[str]:
    """`narrative: sub-narrative` for each pair; `Other` by itself is none."""
    above = [part.strip() for part in narratives.split(";")]
    under = [part.strip() for part in below.split(";")]
    if len(above) != len(under):
        raise Broken(f"{len(above)} narratives, but {len(under)} sub-narratives: one for each is expected")
    found = []
    for narrative, sub in zip(above, under, strict=True):
        if narrative.lower() in NOTHING:
            if sub.lower() not in NOTHING:
                raise Broken(f"{sub[:60]!r} stands below no narrative ({narrative!r})")
            continue
        own = "Other" if sub.lower() in NOTHING else sub.removeprefix(f"{narrative}: ")
        found.append(f"{narrative}: {own}")
    return list(dict.fromkeys(found))


def narrative_of(label: str) -> str | None:
    """The narrative that a sub-narrative stands below."""
    return label.rpartition(": ")[0] or None


def _shared(one: Path, other: Path) -> int:
    """How many folders two files have in common: the same name may lie in several releases."""
    return sum(a == b for a, b in zip(one.parts, other.parts, strict=False))
