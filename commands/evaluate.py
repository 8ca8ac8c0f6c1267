"""`narrashift evaluate`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..model.errors import UserError
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
    record: Annotated[
        bool, typer.Option("--record", help="Keep the figures of each language in the bundle; score then tells them.")
    ] = False,
    allow_leaks: AllowLeaks = False,
    column: Column = None,
    encoding: Encoding = None,
) -> None:
    """Measure a bundle on labelled passages, every figure with its interval."""
    from ..model.bundle import open_bundle
    from ..model.decision import check_risk
    from ..model.measured import listed
    from ..rows import check_encoding
    from ..terminal.models import print_examination, print_languages
    from ..training.data.corpus import read_corpus
    from ..training.data.seen import refuse_seen
    from ..training.data.splits import of_split
    from ..training.measuring.examination import examine
    from ..training.measuring.languages import record_languages

    if record and bundle.startswith("models:/"):
        raise UserError(f"--record: {bundle} is a copy in the tracking store. Name the bundle's folder")
    opened = open_bundle(bundle_folder(bundle))
    notes = check_risk(abstain, decision=opened.decision, place=opened.path)
    check_encoding("utf-8" if encoding is None else encoding)
    corpus = read_corpus(data, codebook=opened.codebook, column=pairs(column), encoding=encoding or "utf-8")
    if split is not None:
        corpus = of_split(corpus, split)
    if seen := refuse_seen(opened.path, corpus, allowed=allow_leaks):
        if record and allow_leaks:
            raise UserError(f"{seen}: figures on them are not recorded. Leave out --record, or name other passages")
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
    if record and found.predicted:
        kept = record_languages(opened.path, predicted=found.predicted, corpus=corpus)
        if not as_json:
            print_languages(kept)
        print(f"recorded: {opened.path} has been measured in {listed(kept.passages())}", file=sys.stderr)
