"""`narrashift export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Column, Encoding, Overwrite, pairs


def export(
    bundle: Annotated[Path, typer.Argument(help="A bundle folder.")],
    data: Annotated[
        list[Path] | None,
        typer.Argument(help="The passages that it was trained on; the starter corpus by default."),
    ] = None,
    overwrite: Overwrite = False,
    column: Column = None,
    encoding: Encoding = None,
) -> None:
    """Write ONNX files into a bundle, for scoring several times faster; int8 is used where it decides alike."""
    from ..model.bundle import open_bundle
    from ..model.codebook import read_codebook
    from ..seeds import seed_file
    from ..terminal.models import print_exported
    from ..terminal.progress import ProgressDisplay
    from ..training.data.corpus import read_corpus
    from ..training.exporting.export import export as run

    opened = open_bundle(bundle)
    if not data and opened.codebook.digest != read_codebook().digest:
        raise UserError(f"{bundle}: has a codebook of its own. Name the passages that it was trained on")
    with seed_file("corpus.jsonl") as starter:
        corpus = read_corpus(
            data or [starter], codebook=opened.codebook, column=pairs(column), encoding=encoding or "utf-8"
        )
    with ProgressDisplay() as progress:
        exported = run(bundle=opened, corpus=corpus, overwrite=overwrite, progress=progress)
    print_exported(exported, bundle=bundle)
