"""The words of a text, where they stand, which token belongs to which, and the text without some of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

Span = tuple[int, int]

_MARKS = r"""\s!"#$%&()*+,./:;<=>?@\[\\\]^`{|}~«»“”„‟‘‚‹›¡¿…·•–—―|"""
_SIGN = rf"[^{_MARKS}'’ʼ‑\-]"
WORD = re.compile(rf"{_SIGN}+(?:(?:['’ʼ‑.\-]|(?<=\d),(?=\d)){_SIGN}+)*")
"""What stands between white space and punctuation, so that combining characters and emoji belong to words; an
apostrophe, a hyphen or a full stop inside a word is part of it, and so is a comma between digits."""


def word_spans(text: str) -> list[Span]:
    """(start, end) of every word, in characters."""
    return [match.span() for match in WORD.finditer(text)]


def owners(pieces: Sequence[Span], words: Sequence[Span]) -> np.ndarray:
    """Index of the word that each piece shares most characters with, -1 where there is none: ``(pieces,)``.

    Args:
        pieces: (start, end) of a tokenizer's pieces; an empty one, as special tokens have, belongs to no word.
        words: in their order, not overlapping.
    """
    found = np.full(len(pieces), -1, dtype=np.int64)
    ends = np.array([end for _, end in words], dtype=np.int64)
    for index, (start, end) in enumerate(pieces):
        most = 0
        for word in range(int(np.searchsorted(ends, start, side="right")), len(words)):
            if words[word][0] >= end:
                break
            shared = min(end, words[word][1]) - max(start, words[word][0])
            if shared > most:
                found[index], most = word, shared
    return found


def without(text: str, spans: Iterable[Span]) -> str:
    """The text with these spans cut out, and the white space around each gap as one blank."""
    parts, at = [], 0
    for start, end in sorted(spans):
        parts.append(text[at:start])
        at = end
    kept = "".join([*parts, text[at:]])
    return re.sub(r"\s+", " ", kept).strip()
