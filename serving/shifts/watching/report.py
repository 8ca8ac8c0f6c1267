"""A report of a new shift: what is told, as a line and as JSON, under an id that stays the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..showing.evidence import Evidence
from .calibration import HORIZON, SOURCE_YEARS
from .look import Alarm
from .settings import WatchSettings

TOLD = ("by", "task", "label", "kind", "date", "earliest", "latest")
SIZES = ("share_before", "share_after", "change", "raw_before", "raw_after", "by_topics", "others", "before", "after")
Report = dict[str, Any]


def report_of(
    alarm: Alarm, evidence: Evidence | None, *, model: Mapping[str, str], settings: WatchSettings
) -> Report:  # fmt: skip
    """A report, as JSON reads it: dates are text."""
    shift = alarm.shift
    told = {name: getattr(shift, name) for name in TOLD}
    sizes = {name: getattr(shift, name) for name in SIZES}
    every = settings.every
    return json.loads(
        json.dumps(
            {
                "id": report_id(shift.by, alarm.question, shift.date.isoformat(), every),
                **told,
                **{n: value if isinstance(value, float | dict | None) else asdict(value) for n, value in sizes.items()},
                "source_years_between_false_alarms": SOURCE_YEARS[settings.sensitivity],
                "chance": {"value": alarm.chance, "periods": HORIZON, "every": every},
                "model": dict(model),
                "evidence": None if evidence is None else asdict(evidence),
            },
            default=str,
        )
    )


def report_id(by: str, question: str, date: str, every: str) -> str:
    """16 hexadecimal digits that source, question and date have in common: the same when told again."""
    return hashlib.sha256(json.dumps([by, question, date, every]).encode()).hexdigest()[:16]


def line_of(report: Report) -> str:
    """A report in one line."""

    def share(name: str) -> str:
        own = report[name]
        return f"{own['value']:.0%} [{own['low']:.0%}, {own['high']:.0%}]"

    change = report["change"]
    kind = "" if report["kind"] == "narrative" else f" ({report['kind']})"
    return (
        f"{report['date']} ({report['earliest']} … {report['latest']})  {shown(report['by'])}  "
        f"{report['task']} {report['label']}{kind}: {share('share_before')} → {share('share_after')}, "
        f"{change['value']:+.0%} [{change['low']:+.0%}, {change['high']:+.0%}]; "
        f"a false alarm each {report['source_years_between_false_alarms']:g} source-years"
    )


def without_text(report: Report) -> Report:
    """The report with ids and links of its passages, and without their text and words."""
    evidence = report["evidence"]
    if evidence is None:
        return report
    sides = {
        side: {
            "label": own["label"],
            "passages": [{k: v for k, v in passage.items() if k != "text"} for passage in own["passages"]],
        }
        for side, own in evidence.items()
    }
    return {**report, "evidence": sides}


def shown(name: str) -> str:
    """A name out of a dump for a terminal: one line, nothing that moves the cursor."""
    return "".join(letter if letter.isprintable() else "�" for letter in name)[:200]
