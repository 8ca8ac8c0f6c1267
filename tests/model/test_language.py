"""The language of a text."""

from __future__ import annotations

import pytest

import narrashift.model.language as language
from narrashift import UserError
from narrashift.model.language import check_languages, languages

TEXTS = {
    "en": "The president said that talks would go on until Friday.",
    "uk": "Президент сказав, що переговори триватимуть до п'ятниці.",
    "ru": "Президент сказал, что переговоры продлятся до пятницы.",
    "de": "Der Präsident sagte, die Gespräche würden bis Freitag weitergehen.",
    "fr": "Le président a dit que les négociations se poursuivraient jusqu'à vendredi.",
    "es": "El presidente dijo que las conversaciones continuarían hasta el viernes.",
    "pl": "Prezydent powiedział, że rozmowy potrwają do piątku.",
}


def test_the_languages_of_this_war_are_told_apart():
    assert languages([*TEXTS.values()]) == [*TEXTS]


def test_what_has_no_words_has_no_language():
    assert languages(["12 345", ""]) == [None, None]


def test_too_few_letters_have_no_language():
    assert languages(["Kyiv holds.", "Київ тримається"]) == [None, None]


def test_lingua_tells_what_frequent_words_do_not():
    headlines = ["Kyiv celebrates Independence Day quietly", "Киевляне празднуют независимость спокойно"]
    assert not any(language._by_frequent_words(text.lower().split(), text, language.LANGUAGES) for text in headlines)
    assert languages(headlines) == ["en", "ru"]


def test_links_and_names_in_the_other_script_do_not_count():
    assert languages(["Нагадую про війну, яка триває https://www.youtube.com/watch?v=the-and-of-with-this"]) == ["uk"]


def test_only_the_languages_asked_for_are_chosen():
    assert languages([TEXTS["uk"], TEXTS["en"]], among=("en", "ru")) == ["ru", "en"]
    assert languages(["Il presidente ha detto che i negoziati continueranno."], among=("en", "it")) == ["it"]


@pytest.mark.parametrize(("codes", "words"), [(("en",), "two at least"), (("en", "xx"), "--languages xx: no code")])
def test_languages_that_cannot_be_told_are_refused(codes, words):
    with pytest.raises(UserError, match=words):
        check_languages(codes)


def test_no_language_and_any_of_linguas_are_allowed():
    check_languages(())
    check_languages(("en", "it", "tr"))
