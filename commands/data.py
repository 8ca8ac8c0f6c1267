"""`narrashift data …`: look at labelled passages, compare annotators, and divide passages before training."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .labels_in_and_out import export, import_
from .options import Column, Data, Encoding, Overwrite, pairs

app = typer.Typer(
    no_args_is_help=True, help="Bring, check, compare and divide labelled passages.", rich_markup_mode=None
)
app.command("import")(import_)
app.command("export")(export)
Codebook = Annotated[Path | None, typer.Option(help="Your codebook (TOML); the package's by default.")]


@app.command()
def check(
    data: Data,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML page, too.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all findings with all their rows.")] = None,
    label_errors: Annotated[
        bool | None, typer.Option(help="Look for likely label errors; by default up to 20,000 passages.")
    ] = None,
    backbone: Annotated[str | None, typer.Option(help="Whose tokenizer counts tokens; the default backbone.")] = None,
    codebook: Codebook = None,
    column: Column = None,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
) -> None:
    """Report everything wrong or doubtful about labelled passages. Exit code 1: figures would be dishonest."""
    import json

    from ..model.codebook import read_codebook
    from ..model.folders import check_free, write_whole
    from ..terminal.labels import print_checked
    from ..terminal.progress import ProgressDisplay
    from ..training.data.checking.check import DEFAULTS, check_data
    from ..training.data.checking.page import html_page

    for file in filter(None, (html, json_file)):
        check_free(file, overwrite=overwrite)
    with ProgressDisplay() as progress:
        checked = check_data(
            data, codebook=read_codebook(codebook), column=pairs(column), encoding=encoding, label_errors=label_errors,
            backbone=backbone or DEFAULTS.backbone, progress=progress,
        )  # fmt: skip
    print_checked(checked)
    if html:
        write_whole(html, html_page(checked, title=f"data check: {', '.join(path.name for path in data)}"))
    if json_file:
        write_whole(json_file, json.dumps(checked.to_dict(), ensure_ascii=False, indent=1))
    print(", ".join(f"{count} {name}" for name, count in checked.counts.items()), file=sys.stderr)
    if checked.dishonest:
        print("test figures on these data would be better than the truth", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def split(
    data: Data,
    out: Annotated[Path, typer.Option(help="File to write: .jsonl, .csv or .tsv.")],
    kind: Annotated[str, typer.Option(help="random, group, source or time.")] = "random",
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    codebook: Codebook = None,
    column: Column = None,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the same rows with a `split` column: 70 % train, 15 % validation, 15 % test."""
    from ..model.codebook import read_codebook
    from ..training.data.written import write_split

    counts = write_split(
        data, out=out, kind=kind, seed=seed, codebook=read_codebook(codebook), column=pairs(column),
        encoding=encoding or "utf-8", overwrite=overwrite,
    )  # fmt: skip
    left_out = counts.pop("", 0)
    print(", ".join(f"{name} {count:,}" for name, count in counts.items()))
    if left_out:
        print(f"{left_out:,} passages are left out: near-duplicates of passages in a later part", file=sys.stderr)
    if not counts:
        raise UserError("no passage was written")


@app.command()
def agreement(
    data: Data,
    by: Annotated[str | None, typer.Option(help="What makes rows one passage: id or text; id if there is one.")] = None,
    texts: Annotated[list[Path] | None, typer.Option(help="Passages of the same ids, if rows have no text.")] = None,
    consensus: Annotated[str | None, typer.Option(help="Write one row a passage: majority or dawid-skene.")] = None,
    out: Annotated[Path | None, typer.Option(help="The consensus, a corpus: .jsonl, .csv or .tsv.")] = None,
    disputes: Annotated[
        Path | None, typer.Option(help="Write the passages in dispute, with who said what: .jsonl, .csv or .tsv.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures.")] = None,
    codebook: Codebook = None,
    column: Column = None,
    encoding: Encoding = None,
    overwrite: Overwrite = False,
) -> None:
    """Say how far several annotators agree, where they differ, and what they hold together."""
    import json

    from ..model.codebook import read_codebook
    from ..model.folders import check_free, write_whole
    from ..terminal.labels import print_agreement
    from ..training.data.agreement.consensus import METHODS, consensus_rows
    from ..training.data.agreement.ratings import gather_ratings
    from ..training.data.agreement.report import measure_agreement
    from ..training.data.agreement.texts import add_texts
    from ..training.data.corpus import read_readable
    from ..training.data.written import check_table, write_table

    if (consensus is None) != (out is None):
        raise UserError(f"--consensus and --out go together: --consensus {'|'.join(METHODS)} --out consensus.jsonl")
    if consensus not in (None, *METHODS):
        raise UserError(f"--consensus {consensus}: one of {', '.join(METHODS)} is expected")
    for table in filter(None, (out, disputes)):
        check_table(table, overwrite=overwrite)
    if json_file:
        check_free(json_file, overwrite=overwrite)
    names = pairs(column)
    read = read_readable(
        data, codebook=read_codebook(codebook), column=names, encoding=encoding or "utf-8", needs_text=by == "text"
    )
    if texts and not read.problems:
        read = add_texts(read, texts=texts, encoding=encoding or "utf-8")
    ratings = gather_ratings(read, by=by, names=names)
    rows = consensus_rows(ratings, method=consensus) if consensus else []
    found = measure_agreement(ratings)
    print_agreement(found)
    if out:
        write_table(out, rows, tasks=[*ratings.codebook.tasks])
        for name in ratings.codebook.tasks:
            left = sum(row[name] is None and row[f"{name}_probability"] is not None for row in rows)
            print(f"{name}: {left:,} of {len(rows):,} passages are left open (not labelled)", file=sys.stderr)
    if disputes:
        write_table(disputes, found.disputes)
    if json_file:
        write_whole(json_file, json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
