"""Guess the encoding of text from its first bytes: Unicode by its form, code pages by their letters."""

from __future__ import annotations

import codecs
import itertools
import re

HEAD = 1 << 20
"""Bytes looked at."""

RUNS = 2_000
"""Runs of bytes above ASCII by which code pages are told apart."""

CODE_PAGES = ("cp1251", "koi8-u", "cp866", "cp1125", "cp1252")
"""Each first of its like: where two read the bytes the same, the first is named. KOI8-U holds KOI8-R's letters,
CP1125 is the Ukrainian CP866."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
RUN = re.compile(rb"(?:^|[\x00-\x7f])[\x80-\xff]{1,64}")
SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"  # a character of UTF-8
)
HIGH = re.compile(rb"[\x80-\xff]")
CYRILLIC = "оаеинтвсрлкмдупязьіыбгчйхжшюцщєїэфґёъ"
"""Frequent letters of Russian and Ukrainian, the most frequent first."""
WESTERN = "éèàùâêîôûçëïüöäßñáíóúãõåæøœšžý"
SIGNS = "«»—–’‘“”„…№°•·£€§©®±\u00a0"


def detect_encoding(head: bytes) -> str:
    """The most likely encoding of a text that begins so. The same bytes give the same answer.

    UTF-8, where no more than one in five of the bytes above ASCII are stray; UTF-16 and UTF-32 by their mark, UTF-16
    also by its zeros; else the code page whose letters are most like Russian, Ukrainian or western ones.
    """
    head = head[:HEAD]
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    wide = _wide(head)
    if wide:
        return wide
    high = len(HIGH.findall(head))
    if high == 0:
        return "utf-8"
    inside = sum(map(len, SEQUENCE.findall(head)))
    if high - inside <= (3 if len(head) == HEAD else 0) or 5 * (high - inside) < high:
        return "utf-8"
    runs = [match.group() for match in itertools.islice(RUN.finditer(head), RUNS)]
    likeness, nearest = max((_likeness(runs, page), -rank) for rank, page in enumerate(CODE_PAGES))
    return CODE_PAGES[-nearest] if likeness > 0 else "utf-8"  # like no text at all: each line is judged by itself


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: the upper byte of every space, digit and line end is zero."""
    pairs = len(head) // 2
    if not pairs or (len(head) % 2 and len(head) < HEAD):
        return None
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if max(even, odd) < 0.05 or min(even, odd) > 0.01:
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = codecs.getincrementaldecoder(name)().decode(head)
    except UnicodeDecodeError:
        return None
    plain = sum(c < "\u0530" for c in text[:10_000])
    return name if plain > 0.8 * len(text[:10_000]) else None


def _likeness(runs: list[bytes], page: str) -> float:
    """How much the characters above ASCII look like text in words, on average; higher is more."""
    total, count = 0.0, 0
    for run in runs:
        text = run.decode(page, "replace")
        before = text[0] if run[0] < 128 else " "
        for character in text[1:] if run[0] < 128 else text:
            total += _letter_score(character, before)
            count += 1
            before = character
    return total / max(count, 1)


def _letter_score(character: str, before: str) -> float:
    lower = character.lower()
    in_latin_word = before.isascii() and before.isalpha()
    rank = CYRILLIC.find(lower)
    if rank >= 0:
        if in_latin_word:
            return -1.0
        if character != lower and before.islower():
            return -2.0  # KOI8 and CP1251 have the cases of their letters the other way round
        return 1 - 0.8 * rank / len(CYRILLIC)
    if character in SIGNS:
        return 0.3
    if lower in WESTERN:
        return 0.2 if in_latin_word else -0.2 if before.isascii() else -1.0
    return -3.0 if character == "\ufffd" else -1.5
