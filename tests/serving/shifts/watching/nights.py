"""Score folders that come night after night, and a watch that looks at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from narrashift.seeds import seed_file
from narrashift.serving.shifts.watching.outbox import Channel
from narrashift.serving.shifts.watching.report import Report
from narrashift.serving.shifts.watching.settings import WatchSettings
from narrashift.serving.shifts.watching.watch import Looked, Watch

from ..folders import BEGIN, turning_rows, write_scores

TURN = 24
WEEKS = 34
HISTORY = 20
TODAY = date(2026, 1, 1)


def monday(week: int) -> date:
    return BEGIN + timedelta(weeks=week)


def rows_between(rows: Sequence[dict], first: int, last: int) -> list[dict]:
    """Of weeks `first` to `last`, both in it."""
    return [row for row in rows if str(monday(first)) <= row["date"] < str(monday(last + 1))]


def turning() -> list[dict]:
    """One source that turns in week 24 of 34, and one that never does."""
    calm = turning_rows(source="calm.com", weeks=WEEKS, turn=99, seed=1, each=20)
    return turning_rows(weeks=WEEKS, turn=TURN, each=20) + calm


def write_nights(root: Path, rows: Sequence[dict], *, from_week: int = HISTORY, repeated: int = 0) -> list[Path]:
    """The history as one folder, then one a week, each with so many weeks of the ones before in it again."""
    first = [write_scores(root / "history", rows_between(rows, 0, from_week - 1))]
    return first + [
        write_scores(root / f"night-{week:02d}", rows_between(rows, week - repeated, week))
        for week in range(from_week, WEEKS)
    ]


class Kept(list):
    """A channel that keeps what it is told."""

    def __call__(self, report: Report, tries: int) -> bool:
        self.append({**report, "attempt": tries})
        return True


def look(
    roots: Sequence[Path], state: Path, *, channels: dict[str, Channel] | None = None,
    say: Callable[[str], None] = print, during: Callable[[Watch], None] | None = None, **settings: object,
) -> tuple[Looked, Kept]:  # fmt: skip
    """One look, as cron takes it: what it did, and what it told."""
    told = Kept()
    with (
        seed_file("narratives.toml") as narratives,
        Watch(
            roots, state=state, settings=WatchSettings(**settings), narratives=narratives, own_narratives=False,
            channels=channels or {"out": told}, say=say,
        ) as watch,
    ):  # fmt: skip
        if during is not None:
            during(watch)
        return watch.look(today=TODAY), told
