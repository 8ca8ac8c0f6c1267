"""`narrashift shift`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Column, Config, Encoding, Overwrite, PrintConfig, Set, Track, assignments, bundle_folder, pairs


def shift(
    scores: Annotated[list[Path] | None, typer.Argument(help="Score folders, all of the same model.")] = None,
    out: Annotated[Path, typer.Option(help="A folder for tables, JSON and the page.")] = Path("shifts"),
    by: Annotated[str | None, typer.Option(help="The column that names a source; `all`: everything is one.")] = None,
    every: Annotated[str | None, typer.Option(help="day, week or month: the period articles are counted by.")] = None,
    where: Annotated[
        str | None, typer.Option(help="Which passages count, as SQL over the scores: \"date >= '2022-01-01'\".")
    ] = None,
    sensitivity: Annotated[
        str | None, typer.Option(help="low, medium or high: 0.01, 0.05 or 0.2 false alarms a source and year.")
    ] = None,
    narratives: Annotated[Path | None, typer.Option(help="Composite narratives, as TOML; see the README.")] = None,
    labelled: Annotated[
        list[Path] | None,
        typer.Option(help="Labelled passages of the dump, to correct shares by; needs --model. Repeatable."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="The bundle that scored, for --labelled.")] = None,
    emerging: Annotated[
        str | None,
        typer.Option(help="Look for stories without a label, too; the bundle that scored knows what is known."),
    ] = None,
    date: Annotated[str | None, typer.Option(help="The column that dates an article.")] = None,
    link: Annotated[str | None, typer.Option(help="The column with its address.")] = None,
    topic: Annotated[str | None, typer.Option(help="The column with its topic; else found in its words.")] = None,
    camps: Annotated[
        str | None, typer.Option(help="Sources that stand together: a TOML file, or column:NAME; else by their stance.")
    ] = None,
    config: Config = None,
    column: Column = None,
    encoding: Encoding = None,
    settings: Set = None,
    print_config: PrintConfig = False,
    overwrite: Overwrite = False,
    track: Track = True,
) -> None:
    """Find the dated moments when a source changed its story."""
    from ..serving.shifts.settings import ShiftSettings

    flags = {
        "by": by, "every": every, "where": where, "sensitivity": sensitivity, "date": date, "link": link,
        "topic": topic, "camps": camps,
    }  # fmt: skip
    chosen = ShiftSettings.read(config, {**assignments(settings), **{k: v for k, v in flags.items() if v is not None}})
    if print_config:
        print(chosen.to_toml(), end="")
        return
    if not scores:
        raise UserError("name the score folders: narrashift shift SCORES --out DIR")
    if bool(labelled) != bool(model):
        raise UserError("--labelled DATA and --model BUNDLE go together: the bundle is asked about the labelled data")

    from ..model.folders import check_free, new_folder
    from ..seeds import seed_file
    from ..serving.reports.page import REPORT_FILE, write_report
    from ..serving.shifts.emerging.output import add_emerging
    from ..serving.shifts.find import find_shifts
    from ..serving.shifts.output import write_found
    from ..terminal.progress import ProgressDisplay
    from ..terminal.scores import print_shifts, print_stories
    from .tracked import links_of, look_up_scores, track_shifts

    began = time.monotonic()
    check_free(out, overwrite=overwrite)
    search = None
    if emerging:
        from ..serving.shifts.emerging.find import open_search

        search = open_search(scores, bundle=bundle_folder(emerging), settings=chosen)
    known = None
    if labelled and model:
        from ..model.bundle import open_bundle
        from ..training.data.corpus import read_corpus
        from ..training.measuring.held_out import make_held_out

        bundle = open_bundle(bundle_folder(model))
        corpus = read_corpus(labelled, codebook=bundle.codebook, column=pairs(column), encoding=encoding or "utf-8")
        known = make_held_out(bundle, corpus)
    with seed_file("narratives.toml") as shipped, new_folder(out, overwrite=overwrite) as folder:
        with ProgressDisplay() as progress:
            found = find_shifts(
                scores,
                settings=chosen,
                narratives=narratives or shipped,
                own_narratives=narratives is not None,
                labelled=known,
                folder=folder,
                progress=progress,
            )
            stories = search.stories(progress=progress) if search else None
        lineage = look_up_scores(scores, bundle=found.scores.model["bundle"]) if track else None
        write_found(found, folder, links=links_of(lineage))
        if stories:
            add_emerging(stories, folder)
        write_report(folder, folder / REPORT_FILE)
    print_shifts(found, out=out)
    if stories:
        print_stories(stories)
    if lineage is not None:
        track_shifts(out, scores=scores, lineage=lineage, seconds=time.monotonic() - began)
