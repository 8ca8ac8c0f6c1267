"""Which sources moved together, who was ahead, and in which order they turned."""

from __future__ import annotations

import polars as pl

from ...shifts.relations.output import LEAD_FILE, read_relations
from ..section import Section, make_section
from ..shift_folder import ShiftFolder

MOST = 3_000
"""Pairs on the page, the surest; `lead.parquet` has all."""
COLUMNS = ("lag", "lag_low", "lag_high", "lag_support", "association", "p_value", "q_value", "periods")


def section(folder: ShiftFolder) -> Section | None:
    """The section; None where sources were not compared."""
    told = folder.content.get("lead")
    rows = read_relations(folder.path, LEAD_FILE)
    if not told or rows is None:
        return None
    limit = folder.content["settings"].get("false_discoveries", 0.1)
    shown = rows.head(MOST).with_columns(pl.col(pl.Float64).round(4))
    ids = {one["id"]: one["by"] for one in folder.content["shifts"]}
    return make_section(
        "lead",
        title="Who moved together, who first",
        data={
            "limit": limit,
            "lags": told["lags"],
            "every": folder.content["settings"].get("every", "week"),
            "pairs": shown.select("task", "label", "ahead", "behind", "first", *COLUMNS).to_dicts(),
            "orders": [order for order in told["orders"] if all(one in ids for one in order["shifts"])],
        },
        limit=limit,
        lags=told["lags"],
        every=folder.content["settings"].get("every", "week"),
        tests=told["tests"],
        short=told["without_data_enough"],
        fewest=told["fewest_periods"],
        permutations=told["permutations"],
        left_out=told["sources_left_out"],
        together=rows.filter(pl.col("q_value") <= limit).height,
        first=rows["first"].count(),
        hidden=max(len(rows) - MOST, 0),
    )
