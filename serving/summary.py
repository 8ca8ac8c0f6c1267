"""A score folder in figures: what was read, refused and repeated, how long it took, how often each label is on."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from .duplicates import DUPLICATES
from .folder import ERROR_FILE, PROGRESS
from .shifts.scores import open_scores

COUNTS = ("rows", "articles", "passages", "refused")
KINDS = 12
"""Kinds of errors told apart; all others together are `other`."""


@dataclass(frozen=True)
class Summary:
    """Figures of a score folder.

    Attributes:
        counts: rows, articles, passages, refused.
        seconds: spent on them, over all starts of the run; 0 where it was not noted down.
        errors: kind -> refused rows.
        duplicates: `exact` and `near` -> articles; empty where nobody asked.
        truncated: passages of which the model read only the beginning.
        shares: task -> label -> share of the passages for which it was decided, parents too, and
            `undecided` where some are.
    """

    counts: dict[str, int]
    seconds: float
    errors: dict[str, int]
    duplicates: dict[str, int]
    truncated: int
    shares: dict[str, dict[str, float]]


def summarize(folder: Path) -> Summary:
    """Count what lies in a score folder.

    Raises:
        UserError: no score folder, or broken parts.
    """
    state = json.loads((folder / PROGRESS).read_text("utf-8"))
    counts = {name: int(state[name]) for name in COUNTS}
    reasons = pl.read_parquet(folder / ERROR_FILE, columns=["reason"])["reason"].to_list()
    copies = folder / DUPLICATES
    kinds = Counter(pl.read_parquet(copies, columns=["kind"])["kind"].to_list()) if copies.exists() else {}
    truncated, shares = _decided(folder) if counts["passages"] else (0, {})
    return Summary(
        counts=counts,
        seconds=float(state.get("seconds", 0.0)),
        errors=_by_kind(reasons),
        duplicates={kind: kinds[kind] for kind in ("exact", "near")} if copies.exists() else {},
        truncated=truncated,
        shares=shares,
    )


def _decided(folder: Path) -> tuple[int, dict[str, dict[str, float]]]:
    scores = open_scores([folder])
    columns = {"truncated": pl.col("truncated").sum()}
    for name, task in scores.codebook.tasks.items():
        columns[f"{name}."] = pl.col(name).is_null().mean()
        for label in (*task.leaves, *task.parents):
            on = pl.col(name) == label if task.kind == "single" else pl.col(name).list.contains(label)
            columns[f"{name}.{label}"] = on.fill_null(False).mean()
    row = scores.scan().select(**columns).collect(engine="streaming").row(0, named=True)
    shares: dict[str, dict[str, float]] = {}
    for name, task in scores.codebook.tasks.items():
        shares[name] = {label: float(row[f"{name}.{label}"]) for label in (*task.leaves, *task.parents)}
        if row[f"{name}."]:
            shares[name]["undecided"] = float(row[f"{name}."])
    return int(row["truncated"]), shares


def _by_kind(reasons: list[str]) -> dict[str, int]:
    """Counts of reasons without what is told of the single row, the most frequent first."""
    kinds = Counter(error_kind(reason) for reason in reasons)
    rest = sum(count for _, count in kinds.most_common()[KINDS:])
    return dict(kinds.most_common(KINDS)) | ({"other": rest} if rest else {})


def error_kind(reason: str) -> str:
    """`'3.5' is no text` -> `is no text`: the reason without quoted values, numbers, and what stands behind a colon."""
    plain = re.sub(r"\d+", "n", re.sub(r"'[^']*'|\"[^\"]*\"", " ", reason.split(": ")[0]))
    return " ".join(re.sub(r"[^\w -]", " ", plain).split())[:60].strip() or "other"
