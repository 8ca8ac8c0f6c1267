"""The passages that typify a source before and after a shift: sure of their label, near the date, unlike each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

NEAR = 28.0
"""Days from the shift at which a passage counts half."""
CANDIDATES = 60
"""The best by probability and closeness, among which the different ones are chosen."""
SHINGLE = 5
"""Characters of the pieces by which texts are compared."""


@dataclass(frozen=True)
class Passage:
    """A passage as evidence: where to find it, and how probable its label is. `text` is None where none was kept."""

    id: str
    day: date
    link: str | None
    passage: int
    start: int
    end: int
    probability: float
    text: str | None


def typical_passages(rows: pl.DataFrame, *, column: str, present: bool, most: int) -> list[Passage]:
    """Passages of one side, by probability × closeness × diversity, the best first; one from each article.

    Each next passage is the one with the largest probability × closeness × (1 − its similarity to the most similar
    one chosen before) (after Carbonell and Goldstein 1998, "maximal marginal relevance").

    Args:
        rows: of `gather`, one shift and side.
        column: the label's probability.
        present: passages that have the label are wanted; else those that do not.
    """
    probability = pl.col(column) if present else 1 - pl.col(column)
    best = (
        rows.with_columns(probability.alias("probability"))
        .with_columns((pl.col("probability") * NEAR / (NEAR + pl.col("away"))).alias("weight"))
        .sort("weight", "article", "passage", descending=[True, False, False])
        .unique("article", keep="first", maintain_order=True)
        .head(CANDIDATES)
    )
    texts = best["text"].to_list() if "text" in best.columns else None
    chosen: list[int] = []
    weight = best["weight"].to_numpy().astype(float)
    similar = np.zeros(len(best))
    pieces = [_pieces(text) for text in texts] if texts else None
    while len(chosen) < min(most, len(best)):
        worth = weight * (1 - similar)
        worth[chosen] = -1
        next_one = int(worth.argmax())
        if worth[next_one] <= 0:
            break
        chosen.append(next_one)
        if pieces:
            similar = np.maximum(similar, [_similarity(pieces[next_one], other) for other in pieces])
    links = "link" in best.columns
    return [
        Passage(
            id=row["id"], day=row["day"], link=row["link"] if links else None, passage=row["passage"],
            start=row["start"], end=row["end"], probability=round(float(row["probability"]), 4),
            text=row["text"] if texts else None,
        )
        for row in (best.row(index, named=True) for index in chosen)
    ]  # fmt: skip


def _pieces(text: str | None) -> frozenset[str]:
    plain = " ".join((text or "").lower().split())
    return frozenset(plain[i : i + SHINGLE] for i in range(max(len(plain) - SHINGLE + 1, 1)))


def _similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
