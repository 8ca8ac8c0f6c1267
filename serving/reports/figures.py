"""Each chart of the page as PNG and SVG, for a paper: one a series with a shift, and an overview."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.dates as mdates
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...model.progress import Progress, silent
from .findings import span_of
from .shift_folder import ShiftFolder, open_shift_folder
from .visible import visible

FIGURES_FOLDER = "figures"
LINE, BEFORE, AFTER, SOFT, STRIP = "#0b57a4", "#9a4a00", "#00607f", "#56606b", "#e8d48a"
MOST_SOURCES = 40
"""Rows of the overview, by how much they turned: more cannot be read on a page."""
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "narrashift",  # else the same figure has other ids each time
    "text.parse_math": False,  # a source may be called $x
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
BARE: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def write_figures(shift_dir: Path, out: Path, *, progress: Progress = silent) -> list[Path]:
    """Write `overview` and a figure a series with a shift into the folder `out`, which is there.

    The same shift folder gives the same files, byte for byte.

    Raises:
        UserError: `shift_dir` is no shift folder.
    """
    folder = open_shift_folder(shift_dir)
    shifts: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for shift in folder.content["shifts"]:
        shifts.setdefault((shift["by"], shift["task"], shift["label"]), []).append(shift)
    tables = folder.series.partition_by("by", as_dict=True)
    written: list[Path] = []
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        if shifts:
            written += _save(_overview(folder), out / "overview")
        for number, ((by, task, label), own) in enumerate(shifts.items(), start=1):
            series = tables[by,].filter(pl.col("task") == task, pl.col("label") == label).sort("period")
            name = re.sub(r"[^\w.-]+", "_", visible(f"{by}_{task}_{label}"))[:80]
            written += _save(_chart(series, own), out / f"{number:03d}_{name}")
            progress("drawing figures", number, len(shifts))
    return written


def _save(figure: Figure, path: Path) -> list[Path]:
    files = [path.with_name(f"{path.name}.{kind}") for kind in BARE]
    for file, metadata in zip(files, BARE.values(), strict=True):
        figure.savefig(file, dpi=150, metadata=metadata)
    return files


def _chart(series: pl.DataFrame, shifts: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(5, 1))
    days = series["period"].to_numpy()
    low, high, share, raw = (series[name].to_numpy() for name in ("low", "high", "share", "raw"))
    for shift in shifts:
        axes.axvspan(_day(shift["earliest"]), _day(shift["latest"]), color=STRIP, alpha=0.6, lw=2)
    axes.fill_between(days, low, high, color=LINE, alpha=0.15, lw=0, label="95 % interval")
    axes.plot(days, raw, color=SOFT, lw=0.9, ls=":", label="uncorrected")
    axes.plot(days, share, color=LINE, lw=1.4, label="corrected share")
    for shift in shifts:
        for side, colour in (("before", BEFORE), ("after", AFTER)):
            stretch, level = shift[side], shift[f"share_{side}"]["value"]
            axes.hlines(level, _day(stretch["start"]), _day(stretch["end"]), color=colour, lw=2)
        axes.axvline(_day(shift["date"]), color="black", lw=0.9)
    axes.set_ylim(0, _highest(series, shifts))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    first = shifts[0]
    axes.set_title(_short(f"{first['by']}, {first['task']}: {first['label'].replace('_', ' ')}"), loc="left")
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper left")
    every = min(series["period"].diff().dt.total_days().drop_nulls().to_list(), default=7)
    below.bar(days, series["articles"].to_numpy(), width=every, align="edge", color=SOFT, alpha=0.5)
    below.set_ylabel("articles")
    _iso(below)
    return figure


def _highest(series: pl.DataFrame, shifts: list[dict[str, Any]]) -> float:
    """The top of the axis: of nine bounds in ten, and of all shares and levels; as on the page."""
    figures = [series["high"].quantile(0.9), series["share"].max(), series["raw"].max(), 0.02]
    figures += [shift[f"share_{side}"]["high"] for shift in shifts for side in ("before", "after")]
    return min(1.0, 1.2 * max(float(figure) for figure in figures if isinstance(figure, int | float)))


def _overview(folder: ShiftFolder) -> Figure:
    shifts = folder.content["shifts"]
    weight: dict[str, float] = {}
    for shift in shifts:
        weight[shift["by"]] = weight.get(shift["by"], 0.0) + abs(shift["change"]["value"])
    sources = sorted(weight, key=lambda name: (-weight[name], name))[:MOST_SOURCES]
    columns = list(dict.fromkeys((shift["task"], shift["label"]) for shift in shifts))
    columns.sort()
    names = [_short(f"{task}: {label.replace('_', ' ')}", 40) for task, label in columns]
    below = 0.065 * max(map(len, names))  # inches of the labels, which stand upright
    size = (max(6.0, 2.6 + 0.6 * len(columns)), 0.8 + below + 0.32 * len(sources))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    for shift in shifts:
        if shift["by"] not in sources:
            continue
        change = shift["change"]["value"]
        x, y = columns.index((shift["task"], shift["label"])), sources.index(shift["by"])
        colour = AFTER if change > 0 else BEFORE
        axes.scatter(
            x + _part(folder, shift["date"]), y, marker="^" if change > 0 else "v", s=25 + 150 * min(1.0, abs(change)),
            facecolor=colour if shift["kind"] == "narrative" else "white", edgecolor=colour, zorder=2,
        )  # fmt: skip
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(sources) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), names, rotation=90)
    axes.set_yticks(range(len(sources)), [_short(name, 34) for name in sources])
    axes.set_xticks([x + 0.5 for x in range(len(columns) - 1)], minor=True)
    axes.grid(axis="x", which="minor", color="#dddddd")
    axes.grid(axis="y", color="#eeeeee")
    axes.set_axisbelow(True)
    first, last = span_of(folder)
    said = f"A column runs from {first} to {last}. Up: more of it; hollow: mostly other topics"
    axes.set_title(said, loc="left", fontsize=8, wrap=True)
    return figure


def _part(folder: ShiftFolder, day: str) -> float:
    """Where in the time of the run a day lies, −0.4 to 0.4."""
    start, end = map(_day, span_of(folder))
    return float(0.8 * (_day(day) - start) / max(end - start, 1) - 0.4)


def _day(iso: str) -> float:
    return float(mdates.datestr2num(iso))


def _short(text: str, most: int = 80) -> str:
    text = " ".join(visible(text).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _iso(axes: Axes) -> None:
    locator = mdates.AutoDateLocator(maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y-%m-%d"))
