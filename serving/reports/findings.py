"""What every part of the page knows: sources, labels, shifts, verdicts."""

from __future__ import annotations

from typing import Any

import polars as pl

from .shift_folder import ShiftFolder
from .visible import clean

VERDICTS = {"shift": "s", "no shift": "n", "insufficient data": "i"}
LEFT_OUT = {"evidence", "by", "task", "label"}


def sources_of(folder: ShiftFolder) -> list[str]:
    """Names of the sources, sorted; their order numbers them in the page."""
    return folder.series["by"].unique().sort().to_list()


def columns_of(folder: ShiftFolder) -> list[tuple[str, str]]:
    """Task and label of each column, in the order of the table of series, composite narratives last."""
    return folder.series.select("task", "label").unique(maintain_order=True).rows()


def span_of(folder: ShiftFolder) -> tuple[str, str]:
    """First days of the first and the last period with an article."""
    periods = folder.series["period"].cast(pl.String)
    return str(periods.min()), str(periods.max())


def summary(folder: ShiftFolder) -> dict[str, Any]:
    """The findings without their evidence: sources and labels by number, verdicts as a letter a label."""
    sources, columns = sources_of(folder), columns_of(folder)
    number = {name: index for index, name in enumerate(sources)}
    place = {column: index for index, column in enumerate(columns)}
    first, last = span_of(folder)
    content: dict[str, Any] = {
        "sources": sources,
        "columns": columns,
        "first": first,
        "last": last,
        "every": folder.content["settings"].get("every", "week"),
        "level": folder.content["method"].get("interval", 0.95),
        "verdicts": _verdicts(folder, sources, columns),
        "shifts": [
            {
                **{name: value for name, value in shift.items() if name not in LEFT_OUT},
                "source": number[shift["by"]],
                "column": place[shift["task"], shift["label"]],
            }
            for shift in folder.content["shifts"]
            if shift["by"] in number and (shift["task"], shift["label"]) in place
        ],
    }
    return clean(content)  # type: ignore[return-value]


def _verdicts(folder: ShiftFolder, sources: list[str], columns: list[tuple[str, str]]) -> list[str]:
    """For each source a letter a column: s(hift), n(o shift), i(nsufficient data), or a blank: not looked at."""
    known = {(one["by"], one["question"]): VERDICTS.get(one["verdict"], " ") for one in folder.content["series"]}
    return [
        "".join(known.get((name, f"{task}.{label}"), known.get((name, task), " ")) for task, label in columns)
        for name in sources
    ]
