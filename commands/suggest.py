"""`narrashift suggest`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Column, Encoding, Overwrite, bundle_folder, pairs


def suggest(
    data: Annotated[list[Path], typer.Argument(help="Raw passages, or one score folder that holds texts.")],
    model: Annotated[str, typer.Option(help="The bundle to make better.")],
    out: Annotated[Path, typer.Option(help="File to write, as the layout has it: .json of Label Studio.")],
    count: Annotated[int, typer.Option(help="How many passages.")] = 200,
    layout: Annotated[str, typer.Option(help="label-studio, doccano, columns (0/1) or datasets.")] = "label-studio",
    task: Annotated[list[str] | None, typer.Option(help="What it is to be unsure of; all tasks. Repeatable.")] = None,
    known: Annotated[list[Path] | None, typer.Option(help="Labelled passages to leave out. Repeatable.")] = None,
    backbone: Annotated[str, typer.Option(help="Whose vectors tell passages apart.")] = "minilm-l6",
    look_at: Annotated[int, typer.Option(help="Passages the bundle is asked about, at most.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    column: Column = None,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
) -> None:
    """Choose unlabelled passages to annotate next: the bundle is unsure of them, and no two are alike."""
    from ..terminal.progress import ProgressDisplay
    from ..training.suggesting.suggest import suggest as run

    named = pairs(column)
    if unknown := set(named) - {"text"}:
        raise UserError(f"--column {unknown.pop()}=…: only the text's column can be named here")
    with ProgressDisplay() as progress:
        done = run(
            data, model=bundle_folder(model), out=out, count=count, layout=layout, tasks=task or (),
            known=known or (), backbone=backbone, look_at=look_at, text=named.get("text", "text"),
            encoding=encoding or "utf-8", seed=seed, overwrite=overwrite, progress=progress,
        )  # fmt: skip
    for line in done.refused[:20]:
        print(f"left out: {line}", file=sys.stderr)
    if len(done.refused) > 20:
        print(f"left out: {len(done.refused) - 20:,} more", file=sys.stderr)
    print(
        f"{done.written:,} passages to annotate, of {done.looked_at:,} looked at ({done.passages:,} read, "
        f"{done.new:,} of them new)"
    )
    for file in done.files:
        print(file)
