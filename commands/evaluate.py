"""`narrashift evaluate`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .options import AllowLeaks, Column, Data, Encoding, bundle_folder, pairs


def evaluate(
    bundle: Annotated[str, typer.Argument(help="A bundle folder, or models:/narrashift@champion.")],
    data: Data,
    as_json: Annotated[bool, typer.Option("--json", help="One flat JSON object on standard output.")] = False,
    split: Annotated[str | None, typer.Option(help="Only passages of this split: train, validation or test.")] = None,
    abstain: Annotated[
        float | None, typer.Option(help="Leave passages undecided so that at most this share is wrong: 0.1.")
    ] = None,
    against: Annotated[str | None, typer.Option(help="Another bundle, tested in pairs against this one.")] = None,
    by_slices: Annotated[bool, typer.Option("--slices", help="Also by source, register, length and language.")] = False,
    allow_leaks: AllowLeaks = False,
    column: Column = None,
    encoding: Encoding = None,
) -> None:
    """Measure a bundle on labelled passages, every figure with its interval."""
    from ..model.bundle import open_bundle
    from ..model.decision import check_risk
    from ..rows import check_encoding
    from ..terminal import print_examination
    from ..training.data.corpus import read_corpus
    from ..training.data.seen import refuse_seen
    from ..training.data.splits import of_split
    from ..training.measuring.examination import examine

    opened = open_bundle(bundle_folder(bundle))
    notes = check_risk(abstain, decision=opened.decision, place=opened.path)
    check_encoding("utf-8" if encoding is None else encoding)
    corpus = read_corpus(data, codebook=opened.codebook, column=pairs(column), encoding=encoding or "utf-8")
    if split is not None:
        corpus = of_split(corpus, split)
    if seen := refuse_seen(opened.path, corpus, allowed=allow_leaks):
        notes.append(seen)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    found = examine(
        bundle=opened, corpus=corpus, abstain=abstain, by_slices=by_slices,
        against=bundle_folder(against) if against else None,
    )  # fmt: skip
    if as_json:
        print(found.to_json())
    else:
        print_examination(found)
