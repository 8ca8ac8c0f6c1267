"""Labelled data of any layout as a corpus: read, mapped to a codebook, checked, written whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....model.codebook import Codebook
from ....model.errors import UserError, suggestion
from ....model.folders import check_free, whole_file
from ....rows import BadRow, Row, check_encoding
from ..corpus import Corpus, from_rows
from .guess import guess_layout
from .mapping.agreed import Rule, one_per_passage
from .mapping.answered import as_rows
from .mapping.codebooks import Place, make_codebook
from .mapping.labels import left_out, map_labels
from .mapping.seen import count_labels
from .readers.annotated import Annotated, PassedOver, Reading, Unit
from .table import LAYOUTS, Layout

NOTHING = "nothing was written"


@dataclass(frozen=True)
class Imported:
    """What an import wrote.

    Attributes:
        passed_over: what was no labelled passage -> how often.
        notes: what else a person should know, a line each.
    """

    corpus: Corpus
    layout: str
    passed_over: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def import_labels(
    data: Sequence[Path],
    *,
    out: Path,
    codebook: Codebook | None,
    layout: str | None = None,
    new_codebook: Path | None = None,
    task: str | None = None,
    label_map: Mapping[str, str] | None = None,
    label_columns: Sequence[str] = (),
    text: str = "text",
    unit: Unit | None = None,
    one_row: Rule | None = None,
    unfinished: bool = False,
    none_where_empty: bool = False,
    encoding: str = "utf-8",
    overwrite: bool = False,
) -> Imported:
    """Write labelled data as JSONL that `read_corpus` reads, and where asked for the codebook of their labels.

    Args:
        codebook: whose labels the data have, by name or by `label_map`; None where one is made.
        layout: a name in `LAYOUTS`; guessed where it is plain.
        new_codebook: TOML file for the codebook that is made of the labels; `task` names its one task.
        label_map: their label (or `question.label`) -> `task.label`, or nothing to leave it out.
        label_columns: columns that hold labels, where a layout leaves their names to the user.
        unit: into what articles are cut.
        one_row: one row a passage, where several annotators labelled it; else one a passage and annotator.
        unfinished: also passages that nobody labelled.
        none_where_empty: no label of a multi task always means that it has none.

    Raises:
        UserError: everything that is wrong, each with its place; then nothing is written.
    """
    if (codebook is None) == (new_codebook is None):
        raise UserError("either the labels' codebook or a file for the codebook that is made of them is needed")
    if layout is not None and layout not in LAYOUTS:
        raise UserError(f"--layout {layout}: no such layout {suggestion(layout, list(LAYOUTS))}")
    if task is not None and new_codebook is None:
        raise UserError(f"--task {task}: names the task of a codebook that is made, with --make-codebook FILE")
    _check_out(out, new_codebook, overwrite=overwrite)
    check_encoding(encoding)
    reading = Reading(
        encoding=encoding, text=text, tasks=tuple(codebook.tasks) if codebook else (),
        label_columns=tuple(label_columns), unit=unit, unfinished=unfinished,
    )  # fmt: skip
    name = layout or guess_layout(data, reading=reading)
    passages, problems, passed_over = _read(data, layout=LAYOUTS[name], reading=reading)
    questions = count_labels(passages)
    if problems and not any(question.labels for question in questions.values()):
        raise UserError(problems, consequence=NOTHING)
    notes: list[str] = []
    try:
        if codebook is None:
            assert new_codebook is not None
            codebook, made = make_codebook(
                questions, name=new_codebook.stem, task=task, single=LAYOUTS[name].single, multi=LAYOUTS[name].multi,
                parent=LAYOUTS[name].parent, left_out=left_out(questions, given=label_map or {}),
            )  # fmt: skip
            places: dict[Place, Place | None] = dict(made)
        else:
            places = map_labels(questions, codebook=codebook, given=label_map or {}, parent=LAYOUTS[name].parent)
        found = list(as_rows(passages, codebook=codebook, places=places, none_where_empty=none_where_empty))
        rows = [row for row in found if isinstance(row, Row)]
        if one_row is not None:
            agreed = one_per_passage(rows, codebook=codebook, rule=one_row)
            rows = agreed.rows
            if agreed.undecided:
                notes.append(f"{agreed.undecided:,} answers without a majority are left unlabelled")
        rows, dropped = _without_one_split(rows)
        notes += [dropped] if dropped else []
        corpus = from_rows([*rows, *(row for row in found if isinstance(row, BadRow))], codebook=codebook)
    except UserError as error:
        raise UserError([*problems, *error.problems], consequence=NOTHING) from None
    if problems:
        raise UserError(problems, consequence=NOTHING)
    _write(out, rows, new_codebook=new_codebook, codebook=codebook)
    return Imported(corpus=corpus, layout=name, passed_over=passed_over, notes=tuple(notes))


def _check_out(out: Path, new_codebook: Path | None, *, overwrite: bool) -> None:
    if out.suffix != ".jsonl":
        raise UserError(f"{out}: .jsonl is expected")
    for path in (out, *([new_codebook] if new_codebook else [])):
        check_free(path, overwrite=overwrite)
        if path.is_dir():
            raise UserError(f"{path}: is a folder. Name a file")
        if not path.parent.is_dir():
            raise UserError(f"{path}: there is no folder {path.parent}. Make it first")
    if new_codebook is not None and new_codebook.suffix != ".toml":
        raise UserError(f"{new_codebook}: .toml is expected")


def _read(
    data: Sequence[Path], *, layout: Layout, reading: Reading
) -> tuple[list[Annotated], list[str], dict[str, int]]:
    """Passages, what is wrong, and what was passed over."""
    passages: list[Annotated] = []
    problems: list[str] = []
    passed: Counter[str] = Counter()
    for found in layout.read(data, reading=reading):
        if isinstance(found, Annotated):
            passages.append(found)
        elif isinstance(found, PassedOver):
            passed[found.what] += 1
        else:
            problems.append(f"{found.place}: {found.reason}")
    if not passages and not problems:
        others = "".join(f"; {count:,} {what}" for what, count in passed.items())
        problems.append(f"{data[0]}: no labelled passage in it{others}")
    if not passages:
        raise UserError(problems, consequence=NOTHING)
    return passages, problems, dict(passed)


def _without_one_split(rows: list[Row]) -> tuple[list[Row], str]:
    """A column `split` that says the same everywhere divides nothing, and would forbid that a split is drawn."""
    parts = {str(row.values.get("split") or "") for row in rows}
    if len(parts) != 1 or "" in parts:
        return rows, ""
    kept = [Row(r.file, r.number, {k: v for k, v in r.values.items() if k != "split"}, r.unit) for r in rows]
    return kept, f"the column split, which says {parts.pop()!r} only, is left out, so that a split can be drawn"


def _write(out: Path, rows: Sequence[Row], *, new_codebook: Path | None, codebook: Codebook) -> None:
    try:
        with ExitStack() as files:
            corpus = files.enter_context(whole_file(out))
            if new_codebook is not None:
                files.enter_context(whole_file(new_codebook)).write_text(codebook.to_toml(), "utf-8")
            with corpus.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(_line(row.values) for row in rows)
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error.strerror}", consequence=NOTHING) from None


def _line(values: Mapping[str, Any]) -> str:
    """A row as JSON; half a character, which UTF-8 has no bytes for, stays escaped."""
    line = json.dumps(values, ensure_ascii=False, default=str)
    try:
        line.encode()
    except UnicodeEncodeError:
        line = json.dumps(values, default=str)
    return line + "\n"
