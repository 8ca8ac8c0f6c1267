"""All shifts as a table that sorts, and follows the page's filters."""

from __future__ import annotations

from ..section import Section, make_section
from ..shift_folder import ShiftFolder


def section(folder: ShiftFolder) -> Section | None:
    """The table of shifts; always there, also where none was found."""
    return make_section("shifts", title="All shifts", level=folder.content["method"].get("interval", 0.95))
