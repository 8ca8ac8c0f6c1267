"""Stories that no label knows: clusters of unexplained passages that grew, for a reader to judge."""

from __future__ import annotations

from typing import Any

import polars as pl

from ....model.errors import UserError, first_line
from ...shifts.emerging.output import FILE
from ..section import Section, make_section
from ..shift_folder import WAY_OUT, ShiftFolder


def section(folder: ShiftFolder) -> Section | None:
    """A card for each story; None where stories were not looked for.

    Raises:
        UserError: the table of their shares is missing or broken.
    """
    told = folder.content.get("emerging")
    if not told:
        return None
    try:
        table = pl.read_parquet(folder.path / FILE)
        series = {str(key[0]): _series(own) for key, own in table.group_by("cluster", maintain_order=True)}
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(f"{folder.path / FILE}: {first_line(error)}. {WAY_OUT}") from None
    stories = told["stories"]
    return make_section(
        "emerging",
        title="Emerging stories",
        data={"stories": [{**story, "series": series.get(story["id"])} for story in stories]},
        told=told,
        unknown=sum(story["kind"] == "unknown topic" for story in stories),
        level=folder.content["method"].get("interval", 0.95),
        discoveries=folder.content["settings"].get("false_discoveries", 0.1),
    )


def _series(own: pl.DataFrame) -> dict[str, Any]:
    """Columns as lists: shares in steps of a ten-thousandth, since they are small."""
    own = own.sort("period")
    return {
        "periods": [str(day) for day in own["period"]],
        "articles": own["articles"].to_list(),
        **{name: [round(float(value), 4) for value in own[name]] for name in ("share", "low", "high")},
    }
