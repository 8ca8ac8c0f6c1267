"""Sentence borders in English, Ukrainian and Russian text."""

from __future__ import annotations

import re

from sentencex import segment

CYRILLIC = re.compile(r"[\u0400-\u04ff]")
LATIN = re.compile(r"[A-Za-z]")
UKRAINIAN = re.compile(r"[іїєґІЇЄҐ]")


def script_language(text: str) -> str:
    """Which sentence rules suit the text, by its script: `en`, `uk` or `ru`."""
    sample = text[:2_000]
    if len(CYRILLIC.findall(sample)) <= len(LATIN.findall(sample)):
        return "en"
    return "uk" if UKRAINIAN.search(sample) else "ru"


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence with the white space behind it; together they are the whole text.

    Source: sentencex, whose segments are lossless. A segment of white space alone joins the one before.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for piece in segment(script_language(text), text):
        end = start + len(piece)
        if spans and not piece.strip():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
        start = end
    if start < len(text):  # never seen; kept so that no character can be lost
        spans.append((start, len(text)))
    if len(spans) > 1 and not text[slice(*spans[0])].strip():
        spans[:2] = [(0, spans[1][1])]
    return spans
