"""Where and when something turned: sources down, labels across, a mark a shift; and the filters of the page."""

from __future__ import annotations

from ..findings import columns_of
from ..section import Section, make_section
from ..shift_folder import ShiftFolder


def section(folder: ShiftFolder) -> Section | None:
    """The overview; always there."""
    columns = columns_of(folder)
    return make_section(
        "overview",
        title="Overview",
        tasks=list(dict.fromkeys(task for task, _ in columns)),
        columns=[(number, task, label) for number, (task, label) in enumerate(columns)],
        smallest=folder.content["settings"].get("smallest", 0.2),
    )
