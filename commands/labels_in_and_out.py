"""`narrashift data import` and `narrashift data export`: labels from other tools and back to them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..model.errors import UserError
from .options import Column, Encoding, Overwrite, pairs

Codebook = Annotated[Path | None, typer.Option(help="Your codebook (TOML); the package's by default.")]
NAMES = (
    "label-studio, doccano, columns (0/1), datasets, semeval2020-task11, semeval2021-task6, semeval2023-task3, "
    "semeval2025-task10, unlp2025"
)


def import_(
    data: Annotated[list[Path], typer.Argument(help="Files or folders of one layout.")],
    out: Annotated[Path, typer.Option(help="Corpus to write: .jsonl.")],
    layout: Annotated[str | None, typer.Option(help=f"{NAMES}; guessed where it is plain.")] = None,
    codebook: Codebook = None,
    make_codebook: Annotated[
        Path | None, typer.Option(help="Make a codebook of the labels and write it here (.toml).")
    ] = None,
    task: Annotated[str | None, typer.Option(help="Name of the task of a codebook that is made.")] = None,
    label_map: Annotated[
        list[str] | None,
        typer.Option("--map", help="Their label=task.label; nothing behind the = leaves it out. Repeatable."),
    ] = None,
    label_column: Annotated[
        list[str] | None, typer.Option(help="A column that holds labels, where it cannot be told. Repeatable.")
    ] = None,
    text: Annotated[str, typer.Option(help="The field with the text, where it has another name.")] = "text",
    unit: Annotated[
        str | None, typer.Option(help="Into what articles are cut: article, paragraph, line or sentence.")
    ] = None,
    one_per_passage: Annotated[
        str | None, typer.Option(help="majority or first, where several annotators labelled a passage.")
    ] = None,
    unfinished: Annotated[bool, typer.Option("--unfinished", help="Also passages that nobody labelled.")] = False,
    no_label_is_none: Annotated[
        bool, typer.Option("--no-label-is-none", help="Every passage was looked at: no label means none of them.")
    ] = False,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
) -> None:
    """Write labels of a labelling tool or a shared task as a corpus."""
    from ..model.codebook import read_codebook
    from ..terminal.labels import print_counts
    from ..training.data.checking.labels import label_counts
    from ..training.data.layouts import import_labels
    from ..training.data.layouts.mapping.agreed import RULES
    from ..training.data.layouts.readers.annotated import UNITS

    if make_codebook is not None and codebook is not None:
        raise UserError("--codebook and --make-codebook: name one of them")
    imported = import_labels(
        data, out=out, layout=layout, codebook=None if make_codebook else read_codebook(codebook),
        new_codebook=make_codebook, task=task, label_map=_label_map(label_map), label_columns=label_column or (),
        text=text, unit=_one_of(unit, UNITS, "--unit"), one_row=_one_of(one_per_passage, RULES, "--one-per-passage"),
        unfinished=unfinished, none_where_empty=no_label_is_none, encoding=encoding or "utf-8", overwrite=overwrite,
    )  # fmt: skip
    if layout is None:
        print(f"read as {imported.layout} (--layout names another)", file=sys.stderr)
    for what, count in imported.passed_over.items():
        print(f"passed over: {count:,} {what}", file=sys.stderr)
    for note in imported.notes:
        print(f"note: {note}", file=sys.stderr)
    print_counts(label_counts(imported.corpus, parts={}))
    print(f"corpus: {out}")
    if make_codebook is not None:
        print(f"codebook: {make_codebook}. Write there what each label means")


def export(
    data: Annotated[list[Path], typer.Argument(help="Labelled passages, or one score folder.")],
    out: Annotated[Path, typer.Option(help="File to write: .json, .jsonl, .csv or .tsv; of datasets, a folder.")],
    layout: Annotated[str, typer.Option(help="label-studio, doccano, columns (0/1) or datasets.")],
    codebook: Codebook = None,
    column: Column = None,
    text: Annotated[str, typer.Option(help="Of scores: the column with the text.")] = "text",
    encoding: Encoding = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a corpus, or scores that are to be corrected, for a labelling tool."""
    from ..model.codebook import read_codebook
    from ..training.data.layouts import export_labels

    exported = export_labels(
        data, layout=layout, out=out, codebook=read_codebook(codebook), column=pairs(column), text=text,
        encoding=encoding or "utf-8", overwrite=overwrite,
    )  # fmt: skip
    print(f"{exported.passages:,} passages with {'predicted labels' if exported.predicted else 'their labels'}")
    for file in exported.files:
        print(file)


def _label_map(values: Sequence[str] | None) -> dict[str, str]:
    """`--map "Їх мітка=stance.pro_russia"`, as their label -> ours; theirs may have a = in it."""
    found = {}
    for value in values or []:
        their, equals, ours = value.rpartition("=")
        if not (their and equals) or (ours and "." not in ours):
            raise UserError(f"--map {value}: THEIRS=task.label is expected, or THEIRS= to leave a label out")
        found[their.strip()] = ours.strip()
    return found


def _one_of(value: str | None, allowed: Sequence[str], flag: str) -> Any:
    if value is not None and value not in allowed:
        raise UserError(f"{flag} {value}: one of {', '.join(allowed)} is expected")
    return value
