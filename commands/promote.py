"""`narrashift promote`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.errors import UserError
from .options import AllowLeaks, Column, Data, Encoding, pairs


def promote(
    model: Annotated[str, typer.Argument(help="A registered version: models:/narrashift/3.")],
    data: Data,
    margin: Annotated[float, typer.Option(help="F1 that a label may lose.")] = 0.05,
    allow_leaks: AllowLeaks = False,
    column: Column = None,
    encoding: Encoding = None,
) -> None:
    """Make a registered model the champion if it passes the gate on your frozen test passages; else say why not."""
    from ..model.bundle import open_bundle
    from ..training.data.corpus import read_corpus
    from ..training.data.seen import refuse_seen
    from ..training.gate import gate
    from ..training.measuring.evaluation import predict
    from ..training.tracking.registry import champion_version, fetch_bundle, set_champion, version_of

    if not 0 <= margin < 1:
        raise UserError(f"--margin {margin}: a difference of F1 from 0 to below 1 is expected")
    version, present = version_of(model), champion_version()
    new = open_bundle(fetch_bundle(model))
    corpus = read_corpus(data, codebook=new.codebook, column=pairs(column), encoding=encoding or "utf-8")
    refuse_seen(new.path, corpus, allowed=allow_leaks)
    if present is not None and present != version:
        champion = open_bundle(fetch_bundle(f"models:/narrashift/{present}"))
        verdict = gate(predict(new, corpus), predict(champion, corpus), corpus=corpus, margin=margin)
        if not verdict.open:
            raise UserError(list(verdict.reasons), consequence=f"version {present} stays the champion")
        print(f"mean macro-F1 {verdict.overall} against version {present}, on {len(corpus):,} passages")
    set_champion(version)
    print(f"narrashift version {version} is the champion" + ("" if present is None else f"; it was version {present}"))
