"""Days, weeks and months as whole numbers, so that periods without an article are not forgotten."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from .settings import Every

EPOCH = date(1970, 1, 1)
MONDAY = 3
"""Days by which the first week, which began on Monday 29 December 1969, was old on the first day of 1970."""


def day_of(column: str, kind: pl.DataType) -> pl.Expr:
    """An article's day: of a date, a time, or text that begins with one (ISO 8601); null for anything else."""
    if kind == pl.String:
        return pl.col(column).str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return pl.col(column).cast(pl.Date, strict=False) if kind.is_temporal() else pl.lit(None, dtype=pl.Date)


def period_of(day: pl.Expr, every: Every) -> pl.Expr:
    """The number of the period that a day lies in, Int32."""
    days = day.cast(pl.Int32)
    if every == "day":
        return days
    if every == "week":
        return (days + MONDAY).floordiv(7)
    return ((day.dt.year() - 1970) * 12 + day.dt.month() - 1).cast(pl.Int32)


def first_day(period: int, every: Every) -> date:
    """The day on which a period begins; a week begins on Monday."""
    if every == "day":
        return EPOCH + timedelta(days=period)
    if every == "week":
        return EPOCH + timedelta(days=period * 7 - MONDAY)
    return date(1970 + period // 12, period % 12 + 1, 1)


def per_year(every: Every) -> float:
    """Periods in a year."""
    return {"day": 365.25, "week": 365.25 / 7, "month": 12.0}[every]
