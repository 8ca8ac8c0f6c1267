"""Text as a page can show it: what steers, hides or breaks other text becomes a mark that can be seen."""

from __future__ import annotations

import re

STEERING = "\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
"""Invisible, among them those that turn the direction of what follows."""
HIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{STEERING}]")


def visible(value: object) -> str:
    """The text of a value with control characters as code points, `⟨U+202E⟩`, and lone surrogates replaced."""
    return HIDDEN.sub(_mark, str(value))


def clean(value: object) -> object:
    """JSON-able data with every text in it `visible`."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(key): clean(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [clean(held) for held in value]
    return value


def _mark(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code == 0x0D:  # of a line's end as Windows writes it
        return " "
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"⟨U+{code:04X}⟩"
