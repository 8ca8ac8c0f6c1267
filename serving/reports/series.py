"""Each source's series and evidence as a block of their own, so that a page unpacks only what is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from .findings import columns_of, sources_of
from .shift_folder import ShiftFolder
from .visible import clean

STEPS = 1000
"""Shares are kept in thousandths: what a page prints, and finer than what a chart shows."""
FIGURES = ("raw", "share", "low", "high")


def source_blocks(folder: ShiftFolder) -> Iterator[dict[str, Any]]:
    """For each source, in the order of `sources_of`: `periods`, `articles`, `passages`, `series`, `evidence`.

    `series` holds for each column of `columns_of` its raw shares, shares and their bounds in thousandths, None where a
    period has none; `evidence` holds that of each shift by its id.
    """
    evidence: dict[str, dict[str, Any]] = {}
    for shift in folder.content["shifts"]:
        evidence.setdefault(shift["by"], {})[shift["id"]] = shift.get("evidence")
    columns = columns_of(folder)
    tables = folder.series.partition_by("by", as_dict=True)
    for name in sources_of(folder):
        yield {**_series(tables[name,], columns), "evidence": clean(evidence.get(name, {}))}


def _series(table: pl.DataFrame, columns: list[tuple[str, str]]) -> dict[str, Any]:
    thousandths = [(pl.col(name).fill_nan(None) * STEPS).round().cast(pl.Int16) for name in FIGURES]
    table = table.with_columns(thousandths).sort("period")
    periods = table.group_by("period").agg(pl.col("articles", "passages").max()).sort("period")
    labels = table.partition_by("task", "label", as_dict=True)
    series = []
    for column in columns:
        own = labels.get(column, table.head(0)).select("period", *FIGURES)
        if own.height != periods.height:
            own = periods.select("period").join(own, on="period", how="left")
        series.append([own[name].to_list() for name in FIGURES])
    return {
        "periods": periods["period"].cast(pl.String).to_list(),
        "articles": periods["articles"].to_list(),
        "passages": periods["passages"].to_list(),
        "series": series,
    }
