"""What a passage has to be before a model may see it."""

from __future__ import annotations

from typing import Any


def unusable_text(text: Any) -> str | None:
    """Why this value cannot be a passage or article, or None where it can."""
    if text is None:
        return "the text is missing"
    if not isinstance(text, str):
        return f"{str(text)[:40]!r} is no text"
    if not text.strip():
        return "the text is empty"
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        return "half a character (a lone surrogate): broken Unicode"
    return None
