"""Tables of what was found in a dump: scores, shifts, stories, looks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from .progress import peak_memory_mb

if TYPE_CHECKING:
    from ..serving.score import Scored
    from ..serving.shifts.emerging.find import Emerging
    from ..serving.shifts.find import Found
    from ..serving.shifts.watching.watch import Looked

MOST_SHIFTS = 40
"""Rows of a table of shifts or stories."""


def print_scored(scored: Scored) -> None:
    """What a scoring run did, in a few lines on standard output."""
    counts = scored.counts
    print(
        f"{counts.rows:,} rows: {counts.articles:,} scored as {counts.passages:,} passages, {counts.refused:,} refused"
    )
    if scored.by_student is not None:
        share = scored.by_student / max(counts.passages, 1)
        print(f"{scored.by_student:,} passages ({share:.1%}) answered by the student, the others by the network")
    if counts.refused:
        print(f"refused rows with their reasons: {scored.folder / 'errors.parquet'}")
    if scored.passages_now:
        print(
            f"{scored.passages_now:,} passages in {scored.seconds:.0f} s, {scored.passages_per_s:.0f} a second "
            f"({scored.engine}; {scored.reused:,} repeated an earlier one); peak memory {peak_memory_mb():,.0f} MB"
        )
    print(f"scores: {scored.folder / 'parts'} ({scored.parts} part{'s' if scored.parts != 1 else ''})")
    if scored.languages and (warning := scored.languages.warning()):
        print(f"warning: {warning}", file=sys.stderr)


def print_shifts(found: Found, *, out: Path) -> None:
    """What was found, the surest first, on standard output; notes on standard error."""
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    console = Console(width=None if sys.stdout.isatty() else 132)
    table = Table(title=f"{len(found.shifts)} shifts")
    for title in ("source", "since (95 % interval)", "what", "share", "change (95 % interval)", "decided", "q"):
        right = title in ("share", "decided", "q")
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for shift, _ in found.shifts[:MOST_SHIFTS]:
        change = shift.change
        what = f"{shift.task} {shift.label}" + ("" if shift.kind == "narrative" else f" ({shift.kind})")
        table.add_row(
            shift.by, f"{shift.date} ({shift.earliest} … {shift.latest})", what,
            f"{shift.share_before.value:.0%} → {shift.share_after.value:.0%}",
            f"{change.value:+.0%} ({change.low:+.0%} … {change.high:+.0%})",
            f"{shift.raw_before:.0%} → {shift.raw_after:.0%}" + ("" if shift.supported else " *"),
            f"{shift.q_value:.3f}",
        )  # fmt: skip
    console.print(table)
    if len(found.shifts) > MOST_SHIFTS:
        print(f"and {len(found.shifts) - MOST_SHIFTS} more")
    if not all(shift.supported for shift, _ in found.shifts[:MOST_SHIFTS]):
        print("* held-out passages do not support the corrected shares: compare with what was decided")
    lacking = sum(one.searched.verdict == "insufficient data" for one in found.series)
    sources = len({one.by for one in found.series})
    print(f"{len(found.series):,} series of {sources:,} sources; in {lacking:,} of them a shift of", end=" ")
    print(f"{found.settings.smallest:.0%} could have gone unseen (shifts.json says what it would take)")
    for step in found.volume:
        print(f"volume: {step.by} since {step.date}: {step.before:.0f} → {step.after:.0f} articles a period")
    if found.relations:
        from ..serving.shifts.relations.summary import summary

        for line in summary(found.relations, false_discoveries=found.settings.false_discoveries):
            print(line)
    print(f"shifts: {out}; the page: {out / 'report.html'}")


def print_looked(looked: Looked) -> None:
    """What a look of a watch did, in a line on standard error: standard output is for the reports."""
    said = f"{looked.parts:,} new parts, {looked.articles:,} new articles"
    if looked.skipped:
        said += f" ({looked.skipped:,} without a date or a source left out)"
    if looked.until is None:
        said += "; no period is complete yet"
    else:
        said += f"; {looked.sources:,} sources up to {looked.until}, {looked.reports:,} new shifts"
        if looked.learning:
            said += f"; of {looked.series:,} series {looked.learning:,} still learn their level, or show nothing at all"
    for channel, number in looked.waiting.items():
        said += f"; {number:,} reports wait for {'the webhook' if channel == 'webhook' else 'standard output'}"
    print(said, file=sys.stderr, flush=True)


def print_stories(found: Emerging) -> None:
    """Stories without a label, the surest first, on standard output."""
    print(
        f"{found.grown} emerging among {found.clusters:,} clusters of {found.looked_at:,} passages without a "
        f"{found.task} ({found.unexplained:,} in all): hints for a reader"
    )
    for story in found.stories[:MOST_SHIFTS]:
        growth = story.growth
        words = ", ".join(word.word for word in story.words[:6])
        until = "" if story.lasts else f" until {story.ends}"
        print(
            f"  {story.kind}, {story.begins}{until}: {words} ({growth.within:.0f} articles, "
            f"{growth.times:.0f} times as often as before, q {growth.q_value:.3f}; {story.sources[0].source} first)"
        )
