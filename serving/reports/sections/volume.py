"""Changes of how much a source publishes: no change of its story, and told apart from it."""

from __future__ import annotations

from ..section import Section, make_section
from ..shift_folder import ShiftFolder


def section(folder: ShiftFolder) -> Section | None:
    """A table of changes of volume; None where there is none."""
    changes = folder.content.get("volume") or []
    if not changes:
        return None
    every = folder.content["settings"].get("every", "week")
    return make_section("volume", title="Changes of volume", data=changes, every=every)
