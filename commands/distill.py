"""`narrashift distill`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Config, Encoding, PrintConfig, Set, assignments, text_settings
from .unlabelled import draw


def distill(
    bundle: Annotated[Path | None, typer.Argument(help="A transformer bundle; its student is written into it.")] = None,
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="A dump like those to score: JSONL, CSV, Parquet, text, or folders.")
    ] = None,
    column: Annotated[list[str] | None, typer.Option("--column", help="Where the article stands: text=body.")] = None,
    encoding: Encoding = None,
    cut: Annotated[str | None, typer.Option(help="sentences, or none: as you will score.")] = None,
    config: Config = None,
    passages: Annotated[int | None, typer.Option(help="Distinct passages to draw, at most.")] = None,
    epochs: Annotated[int | None, typer.Option(help="At most this many passes.")] = None,
    device: Annotated[str | None, typer.Option(help="Of the network: auto, cpu or cuda.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of drawing, dropout and weights.")] = None,
    settings: Set = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the bundle's student.")] = False,
    print_config: PrintConfig = False,
) -> None:
    """Train a fast student of a bundle on unlabelled text, for score --cascade."""
    from ..training.distilling.settings import DistillSettings

    given = {"passages": passages, "epochs": epochs, "device": device, "seed": seed}
    flags = {name: value for name, value in given.items() if value is not None}
    chosen = DistillSettings.read(config, {**assignments(settings), **flags})
    if print_config:
        print(chosen.to_toml(), end="")
        return
    if not bundle or not inputs:
        raise UserError("name the bundle and text like that to be scored: narrashift distill BUNDLE DUMP")
    reading = text_settings(column, encoding=encoding, cut=cut, command="distill")

    from ..model.tokens import read_tokenizer
    from ..terminal.models import print_distilled
    from ..terminal.progress import ProgressDisplay
    from ..training.distilling.distill import check_teacher
    from ..training.distilling.distill import distill as run

    teacher = check_teacher(bundle, overwrite=overwrite)
    tokenizer = read_tokenizer(teacher.path / "tokenizer.json")
    with ProgressDisplay() as progress:
        drawn = draw(
            inputs, most=chosen.passages, seed=chosen.seed, tokenizer=tokenizer,
            max_tokens=teacher.json("config.json")["max_tokens"], settings=reading, progress=progress,
        )  # fmt: skip
        print_distilled(
            run(
                bundle=bundle, texts=drawn.texts, groups=drawn.articles, settings=chosen, overwrite=overwrite,
                progress=progress,
            )
        )  # fmt: skip
