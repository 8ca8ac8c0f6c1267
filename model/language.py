"""The language of a text, among those that this war is written about in."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

LANGUAGES = ("ENGLISH", "UKRAINIAN", "RUSSIAN", "POLISH", "GERMAN", "FRENCH", "SPANISH")


def languages(texts: Sequence[str]) -> list[str | None]:
    """ISO 639-1 code of each text (`en`, `uk`, …); None where it cannot be told."""
    found = _detector().detect_languages_in_parallel_of(list(texts))
    return [None if language is None else language.iso_code_639_1.name.lower() for language in found]


@functools.cache
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    return LanguageDetectorBuilder.from_languages(*(getattr(Language, name) for name in LANGUAGES)).build()
