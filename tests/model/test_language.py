"""The language of a text."""

from __future__ import annotations

from narrashift.model.language import languages


def test_the_languages_of_this_war_are_told_apart():
    assert languages(
        [
            "The president said that talks would go on until Friday.",
            "Президент сказав, що переговори триватимуть до п'ятниці.",
            "Президент сказал, что переговоры продлятся до пятницы.",
        ]
    ) == ["en", "uk", "ru"]


def test_what_has_no_words_has_no_language():
    assert languages(["12 345", ""]) == [None, None]
