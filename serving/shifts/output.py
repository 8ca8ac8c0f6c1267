"""What a shift run leaves: `series.parquet`, `shifts.parquet`, and `shifts.json` with evidence and method."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from ..traced import trace
from .changes.search import FALSE_ALARMS, LEVEL, PERMUTATIONS
from .find import Found
from .finding import Interval, Shift
from .relations.output import relations_json, write_relations
from .showing.evidence import Evidence

SERIES_FILE, SHIFTS_FILE, JSON_FILE = "series.parquet", "shifts.parquet", "shifts.json"
PLAIN = ("date", "earliest", "latest", "raw_before", "raw_after", "p_value", "q_value")
INTERVALS = ("share_before", "share_after", "change", "by_topics")


def write_found(found: Found, folder: Path, *, links: Sequence[Mapping[str, str | None]] = ()) -> None:
    """Write the three files into a folder, and those of its relations where it has any.

    Args:
        links: of each score folder, what a tracking store knows of it (see `trace`).
    """
    found.table.write_parquet(folder / SERIES_FILE)
    shifts_table(found).write_parquet(folder / SHIFTS_FILE)
    content = json.dumps(_json(found, links), indent=1, ensure_ascii=False, default=_plain)
    (folder / JSON_FILE).write_text(content, "utf-8")
    if found.relations:
        write_relations(found.relations, folder)


def shifts_table(found: Found) -> pl.DataFrame:
    """A row a shift: an interval is three columns, `change`, `change_low`, `change_high`."""
    rows = [_flat(shift) for shift, _ in found.shifts]
    schema = {
        **dict.fromkeys(("id", "by", "task", "label", "kind"), pl.String),
        **dict.fromkeys(("date", "earliest", "latest", "before_start", "before_end"), pl.Date),
        **dict.fromkeys(("after_start", "after_end"), pl.Date),
        **dict.fromkeys(("before_articles", "after_articles"), pl.Int64),
        **{f"{name}{end}": pl.Float64 for name in INTERVALS for end in ("", "_low", "_high")},
        "raw_before": pl.Float64,
        "raw_after": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "supported": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _flat(shift: Shift) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(shift, name) for name in ("id", "by", "task", "label", "kind")}
    row |= {
        name: getattr(shift, name)
        for name in ("date", "earliest", "latest", "raw_before", "raw_after", "p_value", "q_value")
    }
    row["supported"] = shift.supported
    for side in ("before", "after"):
        row |= {f"{side}_{name}": value for name, value in asdict(getattr(shift, side)).items()}
    for name in INTERVALS:
        interval: Interval | None = getattr(shift, name)
        row |= {
            name: interval and interval.value,
            f"{name}_low": interval and interval.low,
            f"{name}_high": interval and interval.high,
        }
    return row


def _json(found: Found, links: Sequence[Mapping[str, str | None]]) -> dict[str, Any]:
    return {
        "scores": {
            "folders": [folder.name for folder in found.scores.folders],
            "passages": found.scores.passages,
            **found.scores.model,
        },
        "traced": trace(found.scores.folders, bundle=found.scores.model["bundle"], links=links),
        "settings": found.settings.model_dump(mode="json"),
        "method": _method(found),
        "notes": found.notes,
        "shifts": [{**asdict(shift), "evidence": _evidence(evidence)} for shift, evidence in found.shifts],
        "volume": [asdict(change) for change in found.volume],
        "series": [
            {
                "by": one.by,
                "question": one.asked.question.name,
                "verdict": one.searched.verdict,
                "power": one.searched.power,
                "articles_needed": one.searched.articles_needed,
                "spread": one.searched.spread,
                "correlation": one.searched.correlation,
            }
            for one in found.series
        ],
        **(relations_json(found.relations, every=found.settings.every) if found.relations else {}),
    }


def _method(found: Found) -> dict[str, Any]:
    """What was done, in figures that a methods section needs."""
    return {
        "false_alarms_per_source_year": FALSE_ALARMS[found.settings.sensitivity],
        "interval": LEVEL,
        "permutations": PERMUTATIONS,
        "series_tested": sum(one.searched.threshold < float("inf") for one in found.series),
        "shares": {
            one.asked.question.name: {"method": one.asked.method, "reason": one.asked.reason}
            for one in {one.asked.question.name: one for one in found.series}.values()
        },
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return asdict(evidence)


def _plain(value: object) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
