"""`narrashift train`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..model.errors import UserError
from .options import AllowLeaks, Column, Config, Encoding, Overwrite, PrintConfig, Set, assignments, pairs
from .unlabelled import draw_unlabelled


def train(
    data: Annotated[
        list[Path] | None, typer.Argument(help="Labelled passages: JSONL, CSV, TSV, Parquet (also .gz), or folders.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the bundle.")] = Path("bundle"),
    validation: Annotated[list[Path] | None, typer.Option(help="Passages for early stopping and thresholds.")] = None,
    test: Annotated[list[Path] | None, typer.Option(help="Passages for the final figures.")] = None,
    split: Annotated[
        str | None, typer.Option(help="How to divide: random, group, source or time. Else the data's split column.")
    ] = None,
    folds: Annotated[int | None, typer.Option(help="Train this many times, each fold once as the test set.")] = None,
    seeds: Annotated[int, typer.Option(help="Train this many times, counting up from --seed.")] = 1,
    distill: Annotated[bool, typer.Option("--distill", help="Make one bundle of --seeds N teachers.")] = False,
    unlabelled: Annotated[
        list[Path] | None, typer.Option(help="With --distill: a dump that the teachers label for it, too.")
    ] = None,
    drop_teachers: Annotated[bool, typer.Option("--drop-teachers", help="Delete them in the end.")] = False,
    allow_leaks: AllowLeaks = False,
    codebook: Annotated[Path | None, typer.Option(help="Your codebook (TOML); the package's by default.")] = None,
    config: Config = None,
    backbone: Annotated[
        str | None, typer.Option(help="minilm-l6 (installed), a local folder, a hub id, or a bundle to go on from.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="At most this many passes.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the encoder's top layer.")] = None,
    batch: Annotated[int | None, typer.Option(help="Passages a step.")] = None,
    class_weights: Annotated[str | None, typer.Option(help="none or auto; single labels with --set.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of shuffling, dropout and the heads.")] = None,
    settings: Set = None,
    column: Column = None,
    encoding: Encoding = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that Ctrl-C stopped.")] = False,
    overwrite: Overwrite = False,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log the run in MLflow.")] = True,
    print_config: PrintConfig = False,
) -> None:
    """Fine-tune a backbone on labelled passages; write a bundle and an MLflow run."""
    from ..training.settings import TrainSettings

    flags = {
        "backbone": backbone, "epochs": epochs, "learning_rate": learning_rate, "batch": batch,
        "class_weights": class_weights, "seed": seed,
    }  # fmt: skip
    chosen = TrainSettings.read(config, {**assignments(settings), **{k: v for k, v in flags.items() if v is not None}})
    if print_config:
        print(chosen.to_toml(), end="")
        return
    if distill and folds is not None:
        raise UserError("--distill --folds: teachers and pupil share one split. Leave out --folds")
    if (unlabelled or drop_teachers) and not distill:
        raise UserError(f"{'--unlabelled' if unlabelled else '--drop-teachers'}: only with --seeds N --distill")
    if not data:
        raise UserError("no data. Name files of labelled passages: narrashift train DATA --out BUNDLE")

    from ..model.bundle import open_bundle
    from ..model.codebook import read_codebook
    from ..model.measured import read_measured
    from ..rows import check_encoding
    from ..terminal.labels import print_findings
    from ..terminal.models import print_languages, print_repeated, print_report, print_taught
    from ..terminal.progress import ProgressDisplay
    from ..training.data.corpus import read_corpus
    from ..training.ensembles.distil import distil
    from ..training.repeats import repeat
    from ..training.tracking.run import NoTracking, Tracking
    from ..training.train import train as run

    book = read_codebook(codebook)
    check_encoding("utf-8" if encoding is None else encoding)

    def read(paths: Sequence[Path]) -> Any:
        try:
            return read_corpus(paths, codebook=book, column=pairs(column), encoding=encoding or "utf-8")
        except UserError as error:
            raise UserError(error.problems, consequence="nothing was trained") from None

    corpora = {
        "corpus": read(data),
        "validation": read(validation) if validation else None,
        "test": read(test) if test else None,
    }
    with ProgressDisplay() as progress:
        common = {
            **corpora, "out": out, "settings": chosen, "kind": split, "allow_leaks": allow_leaks,
            "overwrite": overwrite, "resume": resume, "tracking": Tracking if track else NoTracking,
            "progress": progress,
        }  # fmt: skip
        if distill:
            texts = unlabelled and draw_unlabelled(
                unlabelled, most=len(corpora["corpus"]), settings=chosen, text=pairs(column).get("text"),
                encoding=encoding, progress=progress,
            )  # fmt: skip
            print_taught(distil(**common, seeds=seeds, unlabelled=texts or [], keep_teachers=not drop_teachers))
            print(f"bundle: {out}", file=sys.stderr)
            return
        if seeds != 1 or folds is not None:
            print_repeated(repeat(**common, seeds=seeds, folds=folds))
            print(f"bundles: {out}", file=sys.stderr)
            return
        trained = run(**common)
    print_findings(trained.findings)
    print_report(trained.report, yardstick=trained.yardstick)
    print_languages(read_measured(open_bundle(trained.bundle)))
    print(f"bundle: {trained.bundle}\n{trained.champion}", file=sys.stderr)
