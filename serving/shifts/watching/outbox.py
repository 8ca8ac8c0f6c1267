"""Reports on their way: written down with the state that made them, then told, then marked as told.

A kill between telling and marking is the one case in which a report is told twice: it then has the same id and says
`attempt` 2. None is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from .report import Report
from .store import Store
from .webhook import Unreachable

TRIED = "UPDATE delivery SET tries = tries + 1 WHERE report = ? AND channel = ?"
DONE = "UPDATE delivery SET done = 1 WHERE report = ? AND channel = ?"
Channel = Callable[[Report, int], bool]
"""Tells a report, given how often it has been tried, this time included; whether it arrived."""


def write_down(store: Store, reports: Sequence[Report], *, channels: Sequence[str]) -> int:
    """Keep reports with what they are to be told to; inside `Store.change`. How many were not there already."""
    new = 0
    for report in reports:
        content = json.dumps(report, ensure_ascii=False)
        run = store.connection.execute
        if not run("INSERT OR IGNORE INTO report (id, content) VALUES (?, ?)", (report["id"], content)).rowcount:
            continue
        new += 1
        for channel in channels:
            run("INSERT INTO delivery VALUES (?, ?, 0, 0)", (report["id"], channel))
    return new


def deliver(store: Store, channels: Mapping[str, Channel]) -> None:
    """Tell what waits, in order; what a channel does not take goes on waiting, and holds up no other channel."""
    for name, tell in channels.items():
        for report, tries in waiting(store, name):
            with store.change() as connection:
                connection.execute(TRIED, (report["id"], name))
            try:
                arrived = tell(report, tries + 1)
            except Unreachable:
                break
            if arrived:
                with store.change() as connection:
                    connection.execute(DONE, (report["id"], name))


def waiting(store: Store, channel: str) -> list[tuple[Report, int]]:
    """Reports that a channel has not taken, in order, with how often each was tried."""
    with store.reading():
        rows = store.connection.execute(
            "SELECT content, tries FROM delivery JOIN report ON report.id = delivery.report "
            "WHERE channel = ? AND done = 0 ORDER BY number", (channel,)
        ).fetchall()  # fmt: skip
        return [(json.loads(content), tries) for content, tries in rows]
