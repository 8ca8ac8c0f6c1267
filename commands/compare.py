"""`narrashift compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import AllowLeaks, Column, Encoding, Overwrite, bundle_folder, pairs


def compare(
    models: Annotated[
        list[str], typer.Argument(help="Two or more: bundle folders, models:/narrashift/3, ids or names of runs.")
    ],
    data: Annotated[list[Path], typer.Option(help="Labelled passages to compare on. Repeatable.")],
    out: Annotated[Path, typer.Option(help="The page; beside it the same as Markdown.")] = Path("comparison.html"),
    split: Annotated[str | None, typer.Option(help="Only passages of this split.")] = None,
    allow_leaks: AllowLeaks = False,
    column: Column = None,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
) -> None:
    """Put models side by side on one HTML page: settings, figures, paired tests, labels, disagreements."""
    from ..model.bundle import open_bundle
    from ..model.folders import check_free, write_whole
    from ..training.comparing.comparison import compare as run
    from ..training.comparing.page import html_page, markdown
    from ..training.data.corpus import read_corpus
    from ..training.data.seen import refuse_seen
    from ..training.data.splits import of_split
    from ..training.tracking.registry import attach, bundle_of_run

    if len(models) < 2:
        raise UserError(f"{models[0]}: one model cannot be compared; name two or more")
    if len(set(models)) < len(models):
        raise UserError("a model is named twice; name two or more different ones")
    check_free(out, overwrite=overwrite)
    bundles, runs = {}, []
    for name in models:
        if name.startswith("models:/") or Path(name).exists():
            folder = bundle_folder(name)
        else:
            folder, run_id = bundle_of_run(name)
            runs.append(run_id)
        bundles[name.removeprefix("models:/").rstrip("/")] = open_bundle(folder)
    corpus = read_corpus(
        data, codebook=next(iter(bundles.values())).codebook, column=pairs(column), encoding=encoding or "utf-8"
    )
    if split is not None:
        corpus = of_split(corpus, split)
    for bundle in bundles.values():
        refuse_seen(bundle.path, corpus, allowed=allow_leaks)
    comparison = run(bundles, corpus=corpus)
    write_whole(out, html_page(comparison))
    write_whole(out.with_suffix(".md"), markdown(comparison))
    if runs:
        attach(runs, [out, out.with_suffix(".md")])
    print(f"{out}, {out.with_suffix('.md')}" + (", and as artifacts of the newest run" if runs else ""))
