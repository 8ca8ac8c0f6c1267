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
    thousandths = [(pl.col(name).fill_nan(None) * STEPS).round().cast(pl.Int16) for name in FIGURES]
    table = folder.series.with_columns(thousandths).sort("task", "label", "period")
    tables = table.partition_by("by", as_dict=True, maintain_order=True)
    for name in sources_of(folder):
        yield {**_series(tables[name,], columns), "evidence": clean(evidence.get(name, {}))}


def _series(table: pl.DataFrame, columns: list[tuple[str, str]]) -> dict[str, Any]:
    """A source's rows, sorted by task, label and period, as its block."""
    periods = table.group_by("period").agg(pl.col("articles", "passages").max()).sort("period")
    figures = [table[name].to_list() for name in FIGURES]
    held: dict[tuple[str, str], list[list[int | None]]] = {}
    start = 0
    for task, label, rows in table.group_by("task", "label", maintain_order=True).len().rows():
        own = [figure[start : start + rows] for figure in figures]
        held[task, label] = own if rows == periods.height else _spread(table[start : start + rows], periods)
        start += rows
    return {
        "periods": periods["period"].cast(pl.String).to_list(),
        "articles": periods["articles"].to_list(),
        "passages": periods["passages"].to_list(),
        "series": [held.get(column, [[None] * periods.height for _ in FIGURES]) for column in columns],
    }


def _spread(rows: pl.DataFrame, periods: pl.DataFrame) -> list[list[int | None]]:
    """A label's figures over all periods of its source, None where it has none."""
    own = periods.select("period").join(rows.select("period", *FIGURES), on="period", how="left", maintain_order="left")
    return [own[name].to_list() for name in FIGURES]
