"""`narrashift label`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Column, Encoding, Overwrite, bundle_folder, pairs


def label(
    data: Annotated[list[Path], typer.Argument(help="Raw passages: JSONL, CSV, TSV, Parquet (also .gz), or folders.")],
    out: Annotated[Path, typer.Option(help="The corpus to write, .jsonl.")],
    functions: Annotated[
        list[Path] | None, typer.Option(help="Labelling functions, .toml or .py; the package's by default. Repeatable.")
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="A bundle that votes, too. Repeatable.")] = None,
    codebook: Annotated[Path | None, typer.Option(help="Your codebook (TOML); the package's by default.")] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(help="The share of passages that have a label, as you believe: stance.neutral=0.65. Repeatable."),
    ] = None,
    sure: Annotated[float, typer.Option(help="How probable a label must be to be decided.")] = 0.8,
    wording: Annotated[bool, typer.Option("--wording/--no-wording", help="Let the codebook's wording vote.")] = True,
    backbone: Annotated[str, typer.Option(help="Whose vectors compare passages with the wording.")] = "minilm-l6",
    column: Column = None,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
) -> None:
    """Label raw passages by weighed votes of labelling functions, the codebook's wording and bundles."""
    from ..model.codebook import read_codebook
    from ..seeds import seed_file
    from ..terminal.labels import print_voters
    from ..terminal.progress import ProgressDisplay
    from ..training.labelling.functions import LabellingFunction, read_functions
    from ..training.labelling.label import label_passages
    from ..training.labelling.python_file import run_functions

    book = read_codebook(codebook)
    named = pairs(column)
    if unknown := set(named) - {"text"}:
        raise UserError(f"--column {unknown.pop()}=…: only the text's column can be named here")
    chosen: list[LabellingFunction] = []
    shares: dict[str, float] = {}
    if functions is None and not model and codebook is not None:
        raise UserError(
            "a codebook of your own needs --functions of its own, or --model: the package's are for its own"
        )
    if functions is None and codebook is None:
        with seed_file("functions.toml") as shipped:
            chosen, shares = read_functions(shipped, codebook=book)
    for path in functions or []:
        if path.suffix == ".py":
            chosen += run_functions(path, codebook=book)
        else:
            read, stated = read_functions(path, codebook=book)
            chosen, shares = [*chosen, *read], shares | stated
    with ProgressDisplay() as progress:
        done = label_passages(
            data,
            out=out,
            codebook=book,
            functions=chosen,
            shares=shares | _shares(share or []),
            bundles={Path(name).name or name: bundle_folder(name) for name in model or []},
            backbone=backbone if wording else None,
            sure=sure,
            text=named.get("text", "text"),
            encoding=encoding or "utf-8",
            overwrite=overwrite,
            progress=progress,
        )
    print_voters(done)
    for line in done.refused[:20]:
        print(f"not labelled: {line}", file=sys.stderr)
    if len(done.refused) > 20:
        print(f"not labelled: {len(done.refused) - 20:,} more", file=sys.stderr)
    print(f"corpus: {out} ({done.written:,} of {done.passages:,} passages)", file=sys.stderr)


def _shares(values: Sequence[str]) -> dict[str, float]:
    """`--share stance.neutral=0.65` as label -> share."""
    found = {}
    for value in values:
        name, _, number = value.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            found[name] = -1.0
        if not 0 < found[name] < 1:
            raise UserError(f"--share {value}: task.label=SHARE is expected, above 0 and below 1")
    return found
