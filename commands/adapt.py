"""`narrashift adapt`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Config, Encoding, Overwrite, PrintConfig, Set, assignments, text_settings
from .unlabelled import draw

SHOWN = 20
"""Refused rows that are told; the others are counted."""


def adapt(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(help="Text without labels, as score reads it: JSONL, CSV, Parquet, text, or folders."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the adapted backbone.")] = Path("adapted"),
    column: Annotated[list[str] | None, typer.Option("--column", help="Where the article stands: text=body.")] = None,
    encoding: Encoding = None,
    cut: Annotated[str | None, typer.Option(help="sentences, or none: as you will label and score.")] = None,
    without: Annotated[
        list[Path] | None, typer.Option(help="Passages to keep out, and what repeats them: your test set. Repeatable.")
    ] = None,
    config: Config = None,
    backbone: Annotated[str | None, typer.Option(help="minilm-l6 (installed), a local folder or a hub id.")] = None,
    passages: Annotated[int | None, typer.Option(help="Distinct passages to draw, at most.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the passages.")] = None,
    steps: Annotated[int | None, typer.Option(help="Stop after so many steps, however many passes that is.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the encoder.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of drawing, masking and dropout.")] = None,
    settings: Set = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that was stopped or killed.")] = False,
    overwrite: Overwrite = False,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log the run in MLflow.")] = True,
    print_config: PrintConfig = False,
) -> None:
    """Pretrain a backbone further on your own unlabelled text, for train --backbone."""
    from ..training.adapting.settings import AdaptSettings

    given = {
        "backbone": backbone, "passages": passages, "epochs": epochs, "steps": steps, "learning_rate": learning_rate,
        "seed": seed,
    }  # fmt: skip
    flags = {name: value for name, value in given.items() if value is not None}
    chosen = AdaptSettings.read(config, {**assignments(settings), **flags})
    if print_config:
        print(chosen.to_toml(), end="")
        return
    if not inputs:
        raise UserError("no text. Name a dump: narrashift adapt DUMP --out BACKBONE")
    reading = text_settings(column, encoding=encoding, cut=cut, command="adapt")

    from ..terminal.progress import ProgressDisplay
    from ..training.adapting.adapt import adapt as run
    from ..training.adapting.adapt import check_out
    from ..training.adapting.backbone import load_tokenizer
    from ..training.adapting.without import read_without, unlike
    from ..training.tracking.adaptation import AdaptationTracking, NoAdaptationTracking

    check_out(out, overwrite=overwrite or resume)
    tokenizer = load_tokenizer(chosen.backbone).backend_tokenizer
    others = read_without(without, text=reading.text, encoding=encoding or "auto") if without else []
    with ProgressDisplay() as progress:
        drawn = draw(
            inputs, most=chosen.passages, seed=chosen.seed, tokenizer=tokenizer, max_tokens=chosen.max_tokens,
            settings=reading, progress=progress,
        )  # fmt: skip
        kept = unlike(drawn.texts, others) if others else list(range(len(drawn.texts)))
        done = run(
            texts=[drawn.texts[i] for i in kept], groups=[drawn.articles[i] for i in kept], out=out,
            refused=drawn.aside.count, settings=chosen, overwrite=overwrite, resume=resume,
            tracking=AdaptationTracking if track else NoAdaptationTracking, progress=progress,
        )  # fmt: skip
    for row in drawn.aside.first[:SHOWN]:
        print(f"left out: {row.file}{'' if row.row is None else f', row {row.row}'}: {row.reason}", file=sys.stderr)
    if drawn.aside.count > SHOWN:
        print(f"left out: {drawn.aside.count - SHOWN:,} rows more", file=sys.stderr)
    if others:
        print(f"kept out: {len(drawn.texts) - len(kept):,} passages that repeat one of --without", file=sys.stderr)
    data, loss = done.origin["data"], done.origin["held_out"]
    print(
        f"{data['passages']:,} passages, {done.origin['tokens_seen']:,} tokens in {done.origin['steps']:,} steps; "
        f"loss of masked tokens on {data['held_out']:,} held-out passages {loss['loss_before']:.2f} before, "
        f"{loss['loss_after']:.2f} after"
    )
    print(f"train on it with: narrashift train DATA --backbone {out}", file=sys.stderr)
