"""Score folders made by hand: what an analyst's scores look like, without a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from narrashift.model.codebook import parse_codebook
from narrashift.model.decision import Decision

CODEBOOK = parse_codebook(
    """
[codebook]
name = "small"
version = "1"
[tasks.stance]
kind = "single"
[tasks.stance.labels]
pro_ukraine = {means = "u"}
pro_russia = {means = "r"}
neutral = {means = "n"}
[tasks.frame]
kind = "multi"
[tasks.frame.labels]
losses = {means = "l"}
gains_russia = {means = "g"}
losses_russia = {means = "lr", parent = "losses"}
losses_ukraine = {means = "lu", parent = "losses"}
""",
    place="here",
)
BEGIN = date(2022, 1, 3)
Folder = Callable[..., Path]


def row(**given: object) -> dict:
    """A passage of an article of 3 January 2022, neutral and without a frame unless told otherwise."""
    plain = {
        "id": "a", "source": "x.com", "date": "2022-01-03", "passage": 0, "start": 0, "end": 9,
        "stance.pro_ukraine": 0.1, "stance.pro_russia": 0.1, "stance.neutral": 0.8,
        "frame.gains_russia": 0.0, "frame.losses_russia": 0.0, "frame.losses_ukraine": 0.0, "frame.losses": 0.0,
        "stance": "neutral", "frame": [], "truncated": False,
    }  # fmt: skip
    if isinstance(text := given.get("text"), str):
        plain["end"] = len(text)
    return {**plain, **given}


def write_scores(folder: Path, rows: Sequence[Mapping], *, parts: int = 1, bundle: str = "b" * 16) -> Path:
    """A score folder with these rows, an article never in two parts."""
    (folder / "parts").mkdir(parents=True)
    table = pl.DataFrame(list(rows), infer_schema_length=None).with_columns(pl.col("^.*\\..*$").cast(pl.Float32))
    number = (table["passage"] == 0).cum_sum()
    cuts = np.linspace(0, int(number[-1]), parts + 1).round()
    metadata = {
        "narrashift.bundle": bundle, "narrashift.engine": "onnx", "narrashift.codebook": "c 1 d",
        "narrashift.decision": Decision.default(CODEBOOK).model_dump_json(),
        "narrashift.codebook.toml": CODEBOOK.to_toml(),
    }  # fmt: skip
    for part in range(parts):
        own = table.filter((number > cuts[part]) & (number <= cuts[part + 1]))
        arrow = own.to_arrow().replace_schema_metadata(metadata)
        pq.write_table(arrow, folder / "parts" / f"{part:05d}.parquet")
    (folder / "run.json").write_text("{}")
    (folder / "progress.json").write_text(json.dumps({"done": True}))
    return folder


def turning_rows(
    *, source: str = "x.com", weeks: int = 40, turn: int = 20, each: int = 30, seed: int = 0
) -> list[dict]:
    """A source that tells of Russian gains until a week, and of Russian losses from it on."""
    rng, own = np.random.default_rng(seed), np.random.default_rng(seed)  # no article's scores are another's to the bit
    rows = []
    for week in range(weeks):
        for number in range(each):
            turned, framed = week >= turn, rng.random() < 0.5
            gains, losses = (0.05, 0.9) if turned else (0.9, 0.05)
            told = "retreat abandoned village" if turned else "advance captured village"
            rows.append(
                row(
                    id=f"{source}-{week}-{number}",
                    source=source,
                    date=str(BEGIN + timedelta(days=7 * week + int(rng.integers(7)))),
                    text=f"{told} number{rng.integers(99)} hill{rng.integers(99)}" if framed else f"weather {number}",
                    **{
                        "stance.pro_russia": 0.8, "stance.neutral": 0.1 + 0.01 * own.random(),
                        "frame.gains_russia": gains if framed else 0.02,
                        "frame.losses_russia": losses if framed else 0.02,
                        "frame.losses": losses if framed else 0.02,
                    },
                )
            )  # fmt: skip
    return rows
