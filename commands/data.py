"""`narrashift data …`: look at labelled passages and divide them before anything is trained on them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Column, Data, Encoding, Overwrite, pairs

app = typer.Typer(no_args_is_help=True, help="Check labelled passages, and divide them.", rich_markup_mode=None)
Codebook = Annotated[Path | None, typer.Option(help="Your codebook (TOML); the package's by default.")]


@app.command()
def check(data: Data, codebook: Codebook = None, column: Column = None, encoding: Encoding = None) -> None:
    """Count labels; find near-duplicates, contradictions, leaks between splits, and sources that tell a label."""
    from ..model.codebook import read_codebook
    from ..terminal import print_counts, print_findings
    from ..training.data.audit import audit_corpus, audit_split, refuse_dishonest
    from ..training.data.corpus import read_corpus
    from ..training.data.splits import split_corpus

    corpus = read_corpus(data, codebook=read_codebook(codebook), column=pairs(column), encoding=encoding or "utf-8")
    print_counts(corpus)
    divided = "split" in corpus.columns
    findings = audit_split(split_corpus(corpus)) if divided else audit_corpus(corpus)
    print_findings([finding for finding in findings if not finding.dishonest])
    refuse_dishonest(findings, allowed=False, consequence="test figures on this split would be better than the truth")
    print("no finding" if not findings else f"{len(findings)} findings, none that forbids figures", file=sys.stderr)


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
