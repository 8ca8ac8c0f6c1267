"""What is left of relations: `divergence.parquet`, `lead.parquet`, and what `shifts.json` says of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from ....model.errors import UserError, first_line
from .chance import PERMUTATIONS
from .lead import FEWEST, LAGS
from .relate import Relations

DIVERGENCE_FILE, LEAD_FILE = "divergence.parquet", "lead.parquet"


def write_relations(relations: Relations, folder: Path) -> None:
    """Write the tables into a folder; no `divergence.parquet` where no camps could be compared."""
    if len(relations.divergence):
        relations.divergence.write_parquet(folder / DIVERGENCE_FILE)
    relations.lead.table.write_parquet(folder / LEAD_FILE)


def read_relations(folder: Path, name: str) -> pl.DataFrame | None:
    """One of the tables; None where it is not there.

    Raises:
        UserError: it cannot be read.
    """
    path = folder / name
    if not path.is_file():
        return None
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(
            f"{path}: not a Parquet file: {first_line(error)}. Delete it, or run narrashift shift again"
        ) from None


def relations_json(relations: Relations, *, every: str) -> dict[str, Any]:
    """The keys `divergence` and `lead` of `shifts.json`."""
    camps, lead = relations.camps, relations.lead
    whole = relations.divergence.filter(pl.col("period").is_null() & pl.col("label").is_null())
    return {
        "divergence": {
            "method": "Jensen-Shannon divergence in bits of corrected shares, articles pooled by camp; "
            "median-unbiased, interval by test inversion over a bootstrap of articles",
            "camps": camps and {"origin": camps.origin, "members": camps.members, "left_out": camps.left_out},
            "whole_run": whole.drop("period", "label", "share_one", "share_other").to_dicts(),
        },
        "lead": {
            "method": "lagged products of what series do from period to period, without trends and own correlation; "
            "block permutation, Benjamini and Hochberg over all pairs and labels",
            "lags": LAGS[every],  # type: ignore[index]
            "permutations": PERMUTATIONS,
            "fewest_periods": FEWEST,
            "sources": lead.sources,
            "sources_left_out": lead.left_out,
            "tests": lead.tests,
            "without_data_enough": lead.short,
            "tested_by_permutation": len(lead.table),
            "orders": [asdict(order) for order in relations.orders],
        },
    }
