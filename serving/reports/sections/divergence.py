"""How far apart the stories of camps are over time, and which labels make the difference."""

from __future__ import annotations

from typing import Any

import polars as pl

from ...shifts.relations.output import DIVERGENCE_FILE, read_relations
from ..section import Section, make_section
from ..shift_folder import ShiftFolder

ORIGINS = {
    "file": "Camps are those of the file that the run was given.",
    "column": "A source's camp is what the column says of most of its articles.",
}
SMALL = 4
"""Digits that are kept."""


def section(folder: ShiftFolder) -> Section | None:
    """The section; None where no camps were compared."""
    told = folder.content.get("divergence")
    rows = read_relations(folder.path, DIVERGENCE_FILE)
    if not told or not told.get("camps") or rows is None:
        return None
    camps = told["camps"]
    return make_section(
        "divergence",
        title="Divergence of camps",
        data=[_pair(own, one, other) for (one, other), own in rows.group_by("one", "other", maintain_order=True)],
        camps=list(camps["members"].items()),
        left_out=camps["left_out"],
        inferred=camps["origin"] == "stance",
        origin=ORIGINS.get(camps["origin"]),
    )


def _pair(rows: pl.DataFrame, one: object, other: object) -> dict[str, Any]:
    tasks = rows.group_by("task", maintain_order=True)
    return {"one": one, "other": other, "tasks": [{"task": task, **_task(own)} for (task,), own in tasks]}


def _task(rows: pl.DataFrame) -> dict[str, Any]:
    """Periods as columns of figures; of the whole run a figure each."""
    days, whole = rows.filter(pl.col("period").is_not_null()), rows.filter(pl.col("period").is_null())
    total = days.filter(pl.col("label").is_null())
    return {
        "days": total["period"].to_physical().to_list(),
        **{name: _rounded(total[name]) for name in ("divergence", "low", "high")},
        "articles": [total["articles_one"].to_list(), total["articles_other"].to_list()],
        "labels": [
            {"label": label, **{name: _rounded(own[name]) for name in ("divergence", "share_one", "share_other")}}
            for (label,), own in days.filter(pl.col("label").is_not_null()).group_by("label", maintain_order=True)
        ],
        "whole": whole.filter(pl.col("label").is_null()).select("divergence", "low", "high").to_dicts()[:1],
        "whole_labels": whole.filter(pl.col("label").is_not_null())
        .select("label", "divergence", "share_one", "share_other")
        .to_dicts(),
    }


def _rounded(values: pl.Series) -> list[float | None]:
    return values.round(SMALL).to_list()
