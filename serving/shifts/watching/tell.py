"""Tell a report on a stream: in a line for people, or as a line of JSON."""

from __future__ import annotations

import json
from typing import TextIO

from .outbox import Channel
from .report import Report, line_of

AGAIN = " (told again: the watch was ended while telling it)"


def told_on(stream: TextIO, *, as_json: bool) -> Channel:
    """A channel that writes each report to a stream, at once."""

    def tell(report: Report, tries: int) -> bool:
        if as_json:
            line = json.dumps({**report, "attempt": tries}, ensure_ascii=False)
        else:
            line = line_of(report) + (AGAIN if tries > 1 else "")
        stream.write(line + "\n")
        stream.flush()
        return True

    return tell
