"""Tables of labelled passages: what was checked, counted, agreed on, voted for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from ..training.data.agreement.report import Agreement
    from ..training.data.checking.check import Checked
    from ..training.data.checking.finding import Finding
    from ..training.data.checking.finding import Table as Counted
    from ..training.labelling.label import Labelled


def print_checked(checked: Checked) -> None:
    """All that the checks found, the worst last, where a reader's eye is; on standard output."""
    console = Console(width=None if sys.stdout.isatty() else 132, highlight=False)
    for table in checked.tables:
        _print_counted(console, table)
    for _, one in reversed(checked.findings):
        console.print(f"{one.severity}: {one.text}", markup=False, soft_wrap=True)
        for spot in one.spots[:3] if one.severity != "note" else ():
            told = f" [{spot.said}]" if spot.said else ""
            console.print(f"    {spot.place}  {spot.text[:80]}{told}", markup=False, soft_wrap=True)
        if one.way_out:
            console.print(f"    → {one.way_out}", markup=False, soft_wrap=True)


def print_agreement(found: Agreement) -> None:
    """How far annotators agree, as tables on standard output; how much is in dispute on standard error."""
    console = Console(width=None if sys.stdout.isatty() else 132, highlight=False)
    for table in found.tables:
        _print_counted(console, table)
    print(
        f"{len(found.annotators)} annotators, {found.passages:,} passages, {found.shared:,} labelled by several; "
        f"{len(found.disputes):,} labels in dispute",
        file=sys.stderr,
    )


def print_counts(table: Counted) -> None:
    """A table of counts on standard output."""
    _print_counted(Console(width=None if sys.stdout.isatty() else 132, highlight=False), table)


def _print_counted(console: Console, table: Counted) -> None:
    shown = Table(title=table.title)
    for i, name in enumerate(table.columns):
        numbers = any(isinstance(row[i], int | float) for row in table.rows)
        shown.add_column(name, justify="right" if numbers else "left")
    for row in table.shown():
        shown.add_row(*map(escape, row))
    console.print(shown)
    if table.said:
        console.print(table.said, markup=False, style="dim")


def print_findings(findings: Sequence[Finding]) -> None:
    """What the audit of a split found, on standard error."""
    for finding in findings:
        print(f"{'leak' if finding.dishonest else 'note'}: {finding.text}", file=sys.stderr)


def print_voters(done: Labelled) -> None:
    """What every voter contributed, and how many passages got a label, as tables on standard output."""
    from ..training.labelling.report import voters

    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table(title="voters")
    for title in ("question", "voter", "for", "speaks", "in conflict", "believed", "right", "weight", "errs with"):
        table.add_column(title, justify="left" if title in ("question", "voter", "for", "errs with") else "right")
    for weighed in done.weighed:
        for one in voters(weighed):
            conflict = "" if one.conflict is None else f"{one.conflict:.1%}"
            table.add_row(
                one.question, one.name, one.meant or "(any)", f"{one.coverage:.1%}", conflict, f"{one.believed:.2f}",
                f"{one.worth:.2f}", f"{one.weight:.2f}", one.alike or "",
            )  # fmt: skip
    console.print(table)
    counts = Table("task", "decided", "with probabilities", title=f"{done.passages:,} passages")
    for name, decided in done.decided.items():
        counts.add_row(name, f"{decided:,}", f"{done.soft[name]:,}")
    console.print(counts)
