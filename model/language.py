"""The language of a text, among those that this war is written about in."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

from .errors import UserError
from .frequent_words import LANGUAGES_OF, WORDS_OF

LANGUAGES = tuple(sorted(WORDS_OF))
SAMPLE = 300
"""Characters from the beginning of a text that are looked at."""
FEWEST_LETTERS = 20
"""In a text with fewer, only frequent words tell a language: lingua errs in one of six such texts."""
UNSURE = 0.1
"""lingua's minimum relative distance: where the best language leads by less, none is named."""

BEYOND_DOUBT = 8
"""Frequent words with which foreign letters are those of names or quotations."""

LINK = re.compile(r"\b(?:https?://|www\.|t\.me/)\S+")
LATIN_WORD = re.compile(r"[A-Za-zÀ-ž]+(?:[’'][A-Za-z]+)*")
CYRILLIC_WORD = re.compile(r"[\u0400-\u04ff]+")
OTHER_LETTERS = {"en": re.compile(r"[À-ž]"), "ru": re.compile(r"[іїєґ]"), "uk": re.compile(r"[ыэъё]")}
"""Letters that a language does not have, among those that share its script."""


def languages(texts: Sequence[str], *, among: Sequence[str] = LANGUAGES) -> list[str | None]:
    """ISO 639-1 code of each text (`en`, `uk`, …); None where it cannot be told.

    Two frequent words, of which one is no other language's, tell it at once, unless there is a word or letter that the
    language has not (small-word technique, Grefenstette 1995, "Comparing two language identification schemes"). All
    else is asked of lingua, whose models take 250 MB, and half a millisecond for a headline. Words of the rarer script
    do not count.

    Args:
        among: codes of the languages that are there, two at least; a text in another one is taken for the nearest.
    """
    chosen = tuple(sorted(among))
    listed = set(chosen) <= set(WORDS_OF)
    return [_language(text[:SAMPLE], chosen, listed=listed) for text in texts]


def check_languages(codes: Sequence[str]) -> None:
    """Raise a `UserError` for a code that lingua does not know, or for a single language."""
    if len(set(codes)) == 1:
        raise UserError(f"--languages {codes[0]}: name two at least to choose among, or none: --languages none")
    if set(codes) <= set(WORDS_OF):
        return
    from lingua import Language

    known = sorted(language.iso_code_639_1.name.lower() for language in Language.all())
    for code in codes:
        if code not in known:
            raise UserError(f"--languages {code}: no code of a language that can be told ({', '.join(known)})")


def _language(text: str, among: tuple[str, ...], *, listed: bool) -> str | None:
    small = LINK.sub(" ", text.casefold())
    latin, cyrillic = LATIN_WORD.findall(small), CYRILLIC_WORD.findall(small)
    words = latin if sum(map(len, latin)) >= sum(map(len, cyrillic)) else cyrillic
    if listed and (told := _by_frequent_words(words, small, among)):
        return told
    if sum(map(len, words)) < FEWEST_LETTERS:
        return None
    found = _detector(among).detect_language_of(" ".join(words))
    return None if found is None else found.iso_code_639_1.name.lower()


def _by_frequent_words(words: Sequence[str], text: str, among: tuple[str, ...]) -> str | None:
    """The one language that has all of the frequent words in the text, if there are two and one is its own."""
    found = [codes for word in words if (codes := LANGUAGES_OF.get(word))]
    if len(found) < 2:
        return None
    common = frozenset.intersection(*found).intersection(among)
    if len(common) != 1 or common not in found:
        return None
    (code,) = common
    foreign = len(found) < BEYOND_DOUBT and code in OTHER_LETTERS and OTHER_LETTERS[code].search(text)
    return None if foreign else code


@functools.lru_cache(maxsize=4)
def _detector(among: tuple[str, ...]) -> Any:
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = (IsoCode639_1.from_str(code.upper()) for code in among)
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_minimum_relative_distance(UNSURE).build()
