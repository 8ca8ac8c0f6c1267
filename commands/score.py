"""`narrashift score`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Config, PrintConfig, Set, Track, assignments, bundle_folder, pairs, pinned_model


def score(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, folders, zips, or - for standard input; see --input-format."),
    ] = None,
    model: Annotated[str, typer.Option(help="A bundle folder, or models:/narrashift@champion.")] = "",
    out: Annotated[Path, typer.Option(help="The score folder; the same command goes on with it.")] = Path("scores"),
    config: Config = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="Where the article or its id stand: text=body, id=url. Repeatable."),
    ] = None,
    carry: Annotated[
        list[str] | None,
        typer.Option(help="Columns to carry: outlet, or source=outlet to rename. Default: source, date."),
    ] = None,
    as_text: Annotated[
        list[str] | None, typer.Option(help="Carried columns to store as text whatever they hold.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of JSON, JSONL, CSV, TSV and text; each file's is detected by default.")
    ] = None,
    input_format: Annotated[
        str | None,
        typer.Option(
            help="Read every file as jsonl, csv, tsv, parquet, arrow, json, telegram, text, html or warc; "
            "by its ending by default (also with .gz or .zst)."
        ),
    ] = None,
    abstain: Annotated[
        float | None, typer.Option(help="Leave a passage undecided where more than this share might be wrong.")
    ] = None,
    cascade: Annotated[
        float | None, typer.Option(help="Let the student answer; at most this share of passages changes labels.")
    ] = None,
    cascade_task: Annotated[
        str | None, typer.Option(help="Let only this task's labels count for --cascade; the others are not bounded.")
    ] = None,
    mend: Annotated[
        bool | None, typer.Option("--mend/--no-mend", help="Mend mojibake, entities and invisible characters.")
    ] = None,
    languages: Annotated[
        str | None, typer.Option(help="Languages to tell apart, as en,uk,ru; none switches it off.")
    ] = None,
    duplicates: Annotated[
        bool | None, typer.Option("--duplicates/--no-duplicates", help="Mark articles that repeat an earlier one.")
    ] = None,
    keep_text: Annotated[
        bool | None, typer.Option("--keep-text/--no-keep-text", help="Store each passage's text in the scores.")
    ] = None,
    cut: Annotated[str | None, typer.Option(help="sentences, or none: each row is one passage.")] = None,
    evidence: Annotated[
        bool | None, typer.Option("--evidence", help="Add the words and the sentence that carried each label; slow.")
    ] = None,
    part: Annotated[int | None, typer.Option(help="Passages after which a part is written.")] = None,
    format: Annotated[
        str | None, typer.Option(help="parquet, or csv: in the end also scores.csv, for spreadsheets.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="auto, torch, onnx or onnx-int8; see narrashift export.")] = None,
    threads: Annotated[int | None, typer.Option(help="Cores to use; all by default.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    on: Annotated[str | None, typer.Option(help="local, or ray: many processes, also of many machines.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes of --on ray; by default as many as fit.")] = None,
    ray_address: Annotated[
        str | None, typer.Option(help="A running Ray cluster; without, --on ray starts one on this machine.")
    ] = None,
    track: Track = True,
    settings: Set = None,
    print_config: PrintConfig = False,
) -> None:
    """Score a dump of articles into a folder of Parquet parts; killed, it goes on."""
    from ..serving.settings import ScoreSettings

    named = pairs(column)
    unknown = set(named) - {"text", "id"}
    if unknown:
        raise UserError(f"--column {sorted(unknown)[0]}=…: score takes text=NAME and id=NAME; see --carry for others")
    carried = _carried(carry) if carry else None
    flags = {
        **named, "carry": carried, "as_text": as_text or None, "encoding": encoding, "input_format": input_format,
        "cut": cut, "part": part, "abstain": abstain, "cascade": cascade, "cascade_task": cascade_task,
        "mend": mend, "duplicates": duplicates, "keep_text": keep_text, "evidence": evidence,
        "languages": None if languages is None else _codes(languages),
        "format": format, "engine": engine, "threads": threads, "device": device,
        "on": on, "workers": workers, "ray_address": ray_address,
    }  # fmt: skip
    chosen = ScoreSettings.read(config, {**assignments(settings), **{k: v for k, v in flags.items() if v is not None}})
    if print_config:
        print(chosen.to_toml(), end="")
        return
    if not inputs or not model:
        raise UserError("name the dump and the model: narrashift score INPUT --model BUNDLE --out DIR")

    from ..model.bundle import open_bundle
    from ..model.decision import check_risk
    from ..rows import check_encoding
    from ..serving.chunks import check_cut
    from ..serving.score import score as run
    from ..serving.spreadsheet import CSV_FILE
    from ..terminal.progress import ProgressDisplay
    from ..terminal.scores import print_scored

    check_encoding(chosen.encoding)
    registered = pinned_model(model)
    bundle = open_bundle(bundle_folder(registered or model))
    risk = check_risk(chosen.abstain, decision=bundle.decision, place=bundle.path)
    for note in [*risk, *check_cut(bundle, settings=chosen)]:
        print(f"note: {note}", file=sys.stderr)
    with ProgressDisplay() as progress:
        tell = partial(print, file=sys.stderr, flush=True)
        scored = run(inputs, model=bundle.path, out=out, settings=chosen, progress=progress, tell=tell)
    print_scored(scored)
    if chosen.format == "csv":
        print(f"for spreadsheets: {scored.folder / CSV_FILE}")
    if track:
        from .tracked import track_scores

        track_scores(scored.folder, settings=chosen, model=model, registered=registered)


def _codes(value: str) -> tuple[str, ...]:
    """Language codes of `en,uk,ru`; `none` is no code."""
    return () if value == "none" else tuple(code.strip().lower() for code in value.split(",") if code.strip())


def _carried(values: Sequence[str]) -> dict[str, str]:
    """New name -> column, of `column` or `new=column`."""
    carried: dict[str, str] = {}
    for value in values:
        new, equals, old = value.partition("=")
        if not new or (equals and not old):
            raise UserError(f"--carry {value}: COLUMN or NAME=COLUMN is expected, as in source=outlet")
        if new in carried:
            raise UserError(f"--carry {value}: {new!r} is carried already; give this one another name")
        carried[new] = old or new
    return carried
