"""A folder that `narrashift shift` left, opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ...model.errors import UserError, first_line
from ..shifts.output import JSON_FILE, SERIES_FILE, SHIFTS_FILE

WAY_OUT = "Name a folder that `narrashift shift SCORES --out DIR` wrote"
SERIES_COLUMNS = {"by", "task", "label", "period", "articles", "passages", "raw", "share", "low", "high"}


@dataclass(frozen=True)
class ShiftFolder:
    """What a shift run left.

    Attributes:
        content: of `shifts.json`.
        series: of `series.parquet`, a row a source, task, label and period.
        shifts: of `shifts.parquet`.
    """

    path: Path
    content: dict[str, Any]
    series: pl.DataFrame
    shifts: pl.DataFrame


def open_shift_folder(path: Path) -> ShiftFolder:
    """Read a shift folder.

    Raises:
        UserError: there is none, or its files are not what `narrashift shift` writes.
    """
    for name in (JSON_FILE, SERIES_FILE, SHIFTS_FILE):
        if not (path / name).is_file():
            raise UserError(f"{path}: no {name} in it. {WAY_OUT}")
    try:
        content = json.loads((path / JSON_FILE).read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path / JSON_FILE}: not JSON: {error}. {WAY_OUT}") from None
    if not isinstance(content, dict) or not {"scores", "settings", "method", "shifts", "series"} <= set(content):
        raise UserError(f"{path / JSON_FILE}: settings, method, shifts and series are expected. {WAY_OUT}")
    series, shifts = _table(path / SERIES_FILE), _table(path / SHIFTS_FILE)
    if lacking := SERIES_COLUMNS - set(series.columns):
        raise UserError(f"{path / SERIES_FILE}: no column {', '.join(sorted(lacking))}. {WAY_OUT}")
    return ShiftFolder(path, content, series, shifts)


def _table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(f"{path}: not a Parquet file: {first_line(error)}. {WAY_OUT}") from None
