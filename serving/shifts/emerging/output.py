"""What a search for emerging stories leaves in a shift folder: `emerging.parquet`, and a part of `shifts.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from ..output import JSON_FILE
from .clusters import NEAR, SMALLEST
from .find import FAR, LEAST_ARTICLES, TIMES, Emerging, Story

FILE = "emerging.parquet"
SCHEMA = {
    "cluster": pl.String, "period": pl.Date, "articles": pl.Int32, "of": pl.Float32,
    "share": pl.Float32, "low": pl.Float32, "high": pl.Float32,
}  # fmt: skip


def add_emerging(found: Emerging, folder: Path) -> None:
    """Put into a shift folder `emerging.parquet`, a row for each story and period, and the key `emerging`."""
    content = json.loads((folder / JSON_FILE).read_text("utf-8"))
    content["emerging"] = emerging_json(found)
    (folder / JSON_FILE).write_text(json.dumps(content, indent=1, ensure_ascii=False, default=str), "utf-8")
    tables = [story.series.select(pl.lit(story.id).alias("cluster"), pl.all()) for story in found.stories]
    pl.concat([pl.DataFrame(schema=SCHEMA), *tables]).write_parquet(folder / FILE)


def emerging_json(found: Emerging) -> dict[str, Any]:
    """The key `emerging` of `shifts.json`."""
    return {
        "task": found.task,
        "encoder": found.encoder,
        "unexplained_passages": found.unexplained,
        "passages_looked_at": found.looked_at,
        "clusters": found.clusters,
        "clusters_unknown": found.unknown,
        "method": {
            "near": NEAR, "smallest": SMALLEST, "far": FAR, "times": TIMES, "least_articles": LEAST_ARTICLES,
        },
        "clusters_grown": found.grown,
        "stories": [_story(story) for story in found.stories],
    }  # fmt: skip


def _story(story: Story) -> dict[str, Any]:
    growth = story.growth
    return {
        "id": story.id,
        "kind": story.kind,
        "words": [
            {"word": word.word, "articles": word.after, "elsewhere": word.before, "z": word.z} for word in story.words
        ],
        "first_seen": story.first_seen,
        "begins": story.begins,
        "ends": story.ends,
        "lasts": story.lasts,
        "articles": story.articles,
        "near_copies": story.copies,
        "articles_before": growth.before,
        "articles_within": growth.within,
        "times": growth.times,
        "p_value": growth.p_value,
        "q_value": growth.q_value,
        "distance": story.distance,
        "sources": [asdict(source) for source in story.sources],
        "passages": [
            {("closeness" if key == "probability" else key): value for key, value in asdict(passage).items()}
            for passage in story.passages
        ],
    }
