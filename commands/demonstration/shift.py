"""The demo's shift: score the timeline, find when a source turned, and show it beside the week that is known."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...model.folders import new_folder
from ...model.progress import Progress
from ...seeds import seed_file
from ...serving.reports.page import REPORT_FILE, write_report
from ...serving.score import score
from ...serving.settings import ScoreSettings
from ...serving.shifts.find import Found, find_shifts
from ...serving.shifts.output import write_found
from ...serving.shifts.settings import ShiftSettings
from ...training.data.corpus import Corpus
from ..tracked import links_of, look_up_scores, track_scores, track_shifts
from .timeline import SAID, TURNED, TURNING, write_timeline

TIMELINE, SCORES, SHIFT = "timeline.jsonl", "timeline_scores", "shift"
"""What it leaves in the demo's folder."""
SHOWN = 2
"""Passages printed of each side."""


def demo_shift(corpus: Corpus, *, out: Path, progress: Progress) -> Found:
    """Score the simulated timeline with the demo's bundle, find its shifts, write and track them.

    Leaves `<out>/timeline.jsonl`, `<out>/timeline_scores`, and `<out>/shift` with the page.
    """
    timeline = write_timeline(corpus, out / TIMELINE)
    shutil.rmtree(out / SCORES, ignore_errors=True)
    bundle, settings = out / "bundle", ScoreSettings(keep_text=True, cut="none")
    score([timeline], model=bundle, out=out / SCORES, settings=settings, progress=progress)
    track_scores(out / SCORES, settings=settings, model=str(bundle))
    return find_in(out / SCORES, out=out / SHIFT, progress=progress)


def find_in(scores: Path, *, out: Path, progress: Progress) -> Found:
    """Find the timeline's shifts; its folder and page say that it is simulated."""
    with seed_file("narratives.toml") as narratives, new_folder(out, overwrite=True) as folder:
        found = find_shifts([scores], settings=ShiftSettings(), narratives=narratives, folder=folder, progress=progress)
        found = replace(found, notes=[SAID, *found.notes])
        lineage = look_up_scores([scores], bundle=found.scores.model["bundle"])
        write_found(found, folder, links=links_of(lineage))
        write_report(folder, folder / REPORT_FILE)
    if lineage is not None:
        track_shifts(out, scores=[scores], lineage=lineage)
    return found


def print_evidence(found: Found, *, console: Console | None = None) -> None:
    """The surest shift with passages from before and after it, and the known week beside the one that was found."""
    if not found.shifts:
        print(f"No shift was found. {TURNING} turned in the week of {TURNED}")
        return
    shift, evidence = found.shifts[0]
    table = Table(title=f"{shift.by}: {shift.task} {shift.label}", show_lines=True)
    for name, share in (("before", shift.share_before), ("after", shift.share_after)):
        table.add_column(f"{name} {shift.date}: {share.value:.0%}", ratio=1)
    for before, after in zip(evidence.before.passages[:SHOWN], evidence.after.passages[:SHOWN], strict=False):
        table.add_row(*(Text(f"{passage.day}  {passage.text}") for passage in (before, after)))
    (console or Console(width=None if sys.stdout.isatty() else 150)).print(table)
    print(f"known: {TURNING} turned in the week of {TURNED}")
    print(f"found: {shift.by}, {shift.task} {shift.label}, in the week of {shift.date}", end=" ")
    print(f"(95 % interval: {shift.earliest} to {shift.latest})")
    others = sorted({other.by for other, _ in found.shifts} - {TURNING})
    print(f"shifts in the two sources that did not change: {', '.join(others) or 'none'}")


def page_of(out: Path) -> str:
    """The page's address for a browser."""
    return (out / SHIFT / REPORT_FILE).resolve().as_uri()
