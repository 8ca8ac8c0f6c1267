"""Sentence borders in English, Ukrainian and Russian text."""

from __future__ import annotations

import re

import numpy as np
from sentencex import segment

from .borders import NO_SENTENCE, goes_on, missed_borders

UKRAINIAN = re.compile(r"[іїєґІЇЄҐ]")
LONG = 400
"""Characters; longer is a quotation of several sentences: sentencex does not cut it, unless its marks are gone."""
UNQUOTED = str.maketrans(dict.fromkeys('"“”„«»()[]', " "))
OPENING = '"“„«(['


def script_language(text: str) -> str:
    """Which sentence rules suit the text, by its script: `en`, `uk` or `ru`."""
    sample = text[:2_000]
    if sample.isascii():
        return "en"
    codes = np.frombuffer(sample.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    latin = (codes | 32) - 97 < 26  # unsigned: what is less than `a` wraps around
    if np.count_nonzero(codes >> 8 == 4) <= np.count_nonzero(latin):
        return "en"
    return "uk" if UKRAINIAN.search(sample) else "ru"


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence with the white space behind it; together they are the whole text.

    Source: sentencex, whose segments are lossless, and rules of our own (`borders.py`). What has no word (white space,
    the number of a list's item, an emoji) is no sentence by itself: it joins the next, white space the one before.
    """
    language = script_language(text)
    borders = _borders(text, language)
    for start, end in zip([0, *borders], [*borders, len(text)], strict=True):
        if end - start > LONG:
            borders += _inside_quotation(text, start, end, language)
    borders = sorted({*borders, *missed_borders(text)})
    spans: list[tuple[int, int]] = []
    start = 0
    for border in [b for b in borders if not goes_on(text, b)]:
        if not NO_SENTENCE.match(text, start, border):
            spans.append((start, border))
            start = border
    rest = text[start:]
    if spans and (not rest or NO_SENTENCE.match(rest)):
        spans[-1] = (spans[-1][0], len(text))
    elif text:
        spans.append((start, len(text)))
    return spans


def _borders(text: str, language: str) -> list[int]:
    """Where sentencex begins a sentence; a piece of white space alone belongs to the one before."""
    borders, place = [], 0
    for piece in segment(language, text):
        if place and not piece.isspace():
            borders.append(place)
        place += len(piece)
    return borders


def _inside_quotation(text: str, start: int, end: int, language: str) -> list[int]:
    inside = []
    for border in _borders(text[start:end].translate(UNQUOTED), language):
        border += start
        while border > start and text[border - 1] in OPENING and text[border - 2].isspace():
            border -= 1
        if border > start:
            inside.append(border)
    return inside
