"""`narrashift watch`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import UserError
from .options import Config, PrintConfig, Set, assignments


def watch(
    scores: Annotated[
        list[Path] | None, typer.Argument(help="Score folders, or a folder that new ones are put into.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once and stop: for cron.")] = False,
    interval: Annotated[str, typer.Option(help="Between two looks: 60s, 5m, 1h.")] = "60s",
    state: Annotated[
        Path | None, typer.Option(help="What was seen and told; without, watch.state in the folder that is watched.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Each report as a line of JSON, with its evidence.")] = False,
    webhook: Annotated[str | None, typer.Option(help="An https address that each report is posted to.")] = None,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Send the text of passages to the webhook, too; else ids and links.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(help="At the first look: report also what turned from this day on, 2026-01-31.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="The column that names a source; `all`: everything is one.")] = None,
    every: Annotated[str | None, typer.Option(help="day, week or month: the period articles are counted by.")] = None,
    where: Annotated[str | None, typer.Option(help="Which passages count, as SQL: \"language = 'en'\".")] = None,
    sensitivity: Annotated[
        str | None, typer.Option(help="low, medium, high: a false alarm each 100, 20, 5 source-years on average.")
    ] = None,
    grace: Annotated[int | None, typer.Option(help="Days that a period waits for late articles.")] = None,
    narratives: Annotated[Path | None, typer.Option(help="Composite narratives, as TOML; see the README.")] = None,
    date: Annotated[str | None, typer.Option(help="The column that dates an article.")] = None,
    link: Annotated[str | None, typer.Option(help="The column with its address.")] = None,
    topic: Annotated[str | None, typer.Option(help="The column with its topic; else found in its words.")] = None,
    config: Config = None,
    settings: Set = None,
    print_config: PrintConfig = False,
) -> None:
    """Follow growing scores, and report each new shift once."""
    from ..serving.shifts.watching.settings import WatchSettings

    flags = {
        "by": by, "every": every, "where": where, "sensitivity": sensitivity, "grace": grace, "date": date,
        "link": link, "topic": topic, "since": since,
    }  # fmt: skip
    chosen = WatchSettings.read(config, {**assignments(settings), **{k: v for k, v in flags.items() if v is not None}})
    if print_config:
        print(chosen.to_toml(), end="")
        return
    if not scores:
        raise UserError("name a score folder, or a folder of score folders: narrashift watch SCORES --once")

    from ..seeds import seed_file
    from ..serving.shifts.watching.arrivals import default_state
    from ..serving.shifts.watching.follow import follow, seconds_of
    from ..serving.shifts.watching.outbox import Channel
    from ..serving.shifts.watching.tell import told_on
    from ..serving.shifts.watching.watch import Watch
    from ..serving.shifts.watching.webhook import Webhook
    from ..terminal.progress import ProgressDisplay
    from ..terminal.scores import print_looked

    seconds = seconds_of(interval)
    channels: dict[str, Channel] = {"out": told_on(sys.stdout, as_json=as_json)}
    if webhook is not None:
        channels["webhook"] = Webhook(webhook, with_text=with_text, say=_say)
    kept = state or default_state(scores)
    with seed_file("narratives.toml") as shipped, ProgressDisplay() as progress, Watch(
        scores, state=kept, settings=chosen, narratives=narratives or shipped,
        own_narratives=narratives is not None, channels=channels, say=_say, progress=progress,
    ) as watching:  # fmt: skip
        if once:
            print_looked(watching.look())
        else:
            follow(watching, interval=seconds, tell=print_looked)
            _say(f"stopped; what was seen is saved in {kept}")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
