"""The chosen shift: its figures, its chart, and the passages before and after it."""

from __future__ import annotations

from ..section import Section, make_section
from ..shift_folder import ShiftFolder


def section(folder: ShiftFolder) -> Section | None:
    """The finding; what it shows comes from the block of its source."""
    return make_section("finding", title="The shift", shifts=len(folder.content["shifts"]))
