"""Russian and Ukrainian text that was read in the wrong code page: told by its letters, and read anew."""

from __future__ import annotations

import re

READ_AS = ("cp1252", "latin-1", "cp1251", "koi8-u", "koi8-r", "cp866")
MEANT = ("utf-8", "cp1251", "koi8-u")
SUSPECT = r"[À-ÿ]{4}|[\u2500-\u259f]|[а-яіїєё][А-ЯҐЁЎЏЂ]|[А-Я]{4}\W[А-Я]{4}"
"""Accented letters in a row, frames of boxes, capitals inside words, words of capitals."""

LETTER = re.compile(r"[^\W\d_a-zA-Z]")
FREQUENT = re.compile(r"[оеаинтсрвлкмдпуі]", re.IGNORECASE)
"""Four in five letters of Russian or Ukrainian text; of another arrangement of the letters, about half."""
UNLIKELY = re.compile(r"[а-яёіїєґ][А-ЯЁІЇЄҐ]|[À-ÿ]{4}|[\u2500-\u259f\x80-\x9f]|[^\W\d_a-zA-Zа-яёіїєґА-ЯЁІЇЄҐ]")
CAPITAL = re.compile(r"[А-ЯЁІЇЄҐ]")
SHOUTING = 0.15
"""What a capital counts less: KOI8 and cp1251, taken for each other, turn small letters into capitals."""
BETTER_BY = 0.25
FEWEST = 8
"""Letters beyond ASCII below which nothing is decided."""


def recoded(text: str) -> str:
    """The text read in the code page that makes it Russian or Ukrainian; itself where none does so clearly."""
    if text.isascii() or not re.search(SUSPECT, text):
        return text
    best, most = text, _likeness(text) + BETTER_BY
    for read_as in READ_AS:
        try:
            raw = text.encode(read_as)
        except UnicodeEncodeError:
            continue
        for meant in MEANT:
            try:
                candidate = raw.decode(meant)
            except UnicodeDecodeError:
                continue
            likeness = _likeness(candidate)
            if likeness > most:
                best, most = candidate, likeness
    return best


def _likeness(text: str) -> float:
    """Share of frequent letters among those beyond ASCII, less what real text does not hold; at most about 0.8."""
    letters = len(LETTER.findall(text))
    if letters < FEWEST:
        return 0.0
    against = len(UNLIKELY.findall(text)) + SHOUTING * len(CAPITAL.findall(text))
    return (len(FREQUENT.findall(text)) - against) / letters
