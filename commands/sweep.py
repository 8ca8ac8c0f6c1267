"""`narrashift sweep`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Column, Config, Data, Encoding, Set, assignments, pairs


def sweep(
    data: Data,
    out: Annotated[Path, typer.Option(help="The best settings, as TOML for train --config.")] = Path("best.toml"),
    study: Annotated[Path, typer.Option(help="SQLite file with the trials; the same command goes on with it.")] = Path(
        "sweep.db"
    ),
    trials: Annotated[int, typer.Option(help="Until so many have ended, earlier ones included.")] = 20,
    space: Annotated[
        Path | None, typer.Option(help="TOML: batch = [16, 32], dropout = { low = 0.0, high = 0.3 }.")
    ] = None,
    validation: Annotated[list[Path] | None, typer.Option(help="Passages to choose by.")] = None,
    codebook: Annotated[Path | None, typer.Option(help="Your codebook (TOML); the package's by default.")] = None,
    config: Config = None,
    settings: Set = None,
    column: Column = None,
    encoding: Encoding = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log trials in MLflow, below one run.")] = True,
) -> None:
    """Look for better settings on validation passages; a crashed trial does not end it, a stopped sweep goes on."""
    from ..training.settings import TrainSettings
    from ..training.space import read_space

    chosen, allowed = TrainSettings.read(config, assignments(settings)), read_space(space)
    if trials < 1:
        raise UserError(f"--trials {trials}: at least 1")

    from ..model.codebook import read_codebook
    from ..terminal.progress import ProgressDisplay
    from ..training.data.corpus import read_corpus
    from ..training.data.splits import split_corpus
    from ..training.sweep import sweep as run
    from ..training.tracking.run import NoTracking, Tracking

    book = read_codebook(codebook)
    corpora = [
        read_corpus(paths, codebook=book, column=pairs(column), encoding=encoding or "utf-8") if paths else None
        for paths in (data, validation)
    ]
    assert corpora[0] is not None
    split = split_corpus(corpora[0], validation=corpora[1], seed=chosen.seed)
    with ProgressDisplay() as progress:
        found = run(
            split=split, out=out, study=study, settings=chosen, space=allowed, trials=trials,
            tracking=Tracking if track else NoTracking, progress=progress,
        )  # fmt: skip
    print(
        f"best: trial {found.trial}, validation macro-F1 {found.score:.3f} "
        f"({found.finished} finished, {found.pruned} pruned, {found.failed} failed)"
    )
    print(f"train with it: narrashift train … --config {out}", file=sys.stderr)
