"""What could not be tested: series that hold too little to show a shift, and what it would take."""

from __future__ import annotations

from ..section import Section, make_section
from ..shift_folder import ShiftFolder


def section(folder: ShiftFolder) -> Section | None:
    """A table of series with the verdict `insufficient data`; None where every series could have shown a shift."""
    lacking = [one for one in folder.content["series"] if one["verdict"] == "insufficient data"]
    if not lacking:
        return None
    rows = [
        [one["by"], one["question"], _finite(one.get("power")), _finite(one.get("articles_needed"))] for one in lacking
    ]
    settings = folder.content["settings"]
    return make_section(
        "untested",
        title="Insufficient data",
        data=rows,
        count=len(rows),
        looked_at=len(folder.content["series"]),
        smallest=settings.get("smallest", 0.2),
        every=settings.get("every", "week"),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and abs(value) != float("inf") and value == value else None
