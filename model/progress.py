"""How long work tells how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float, float], None]
"""Called with what is being done, how much is done, and how much there is in all (any unit, 0 if unknown)."""


def silent(what: str, done: float, total: float) -> None:
    """Listen to nothing."""
