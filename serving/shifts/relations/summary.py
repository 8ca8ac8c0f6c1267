"""Relations in a line each."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from .relate import Relations


def summary(relations: Relations, *, false_discoveries: float) -> Iterator[str]:
    """How far apart camps are over the whole run, and whether anybody was first."""
    whole = relations.divergence.filter(pl.col("period").is_null() & pl.col("label").is_null())
    for (one, other), rows in whole.group_by("one", "other", maintain_order=True):
        each = (f"{r['task']} {r['divergence']:.3f} ({r['low']:.3f} … {r['high']:.3f})" for r in rows.to_dicts())
        yield f"divergence of {one} and {other}, bits: {', '.join(each)}"
    lead = relations.lead
    together = lead.table.filter(pl.col("q_value") <= false_discoveries)
    first = together["first"].count()
    yield f"lead: of {lead.tests:,} pairs and labels {len(together):,} moved together; in {first:,} one was first"
