"""How deeply JSON is nested: what is read must also be writable again, and neither may exhaust the stack."""

from __future__ import annotations

from typing import Any

from . import bounds


def too_deep(text: str, value: Any) -> bool:
    """Whether a parsed value is nested in more levels than allowed.

    Args:
        text: what it was parsed from; few brackets in it settle the matter at once.
    """
    if text.count("[") + text.count("{") <= bounds.DEEPEST:
        return False
    level = [value]
    for _ in range(bounds.DEEPEST + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return False
    return True
