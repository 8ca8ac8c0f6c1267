"""Runs of words by which texts are compared: what they share says how much one repeats the other."""

from __future__ import annotations

import re

RUN = 3
WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words, case, punctuation and white space aside; of a text without words, the text itself."""
    return WORD.findall(text.casefold()) or [text.strip()]


def shingles(text: str) -> set[tuple[str, ...]]:
    """Runs of three words; of a shorter text, the text itself.

    Broder 1997, "On the resemblance and containment of documents".
    """
    found = words(text)
    return {tuple(found[i : i + RUN]) for i in range(max(len(found) - RUN + 1, 1))}
