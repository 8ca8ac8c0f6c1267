from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.serving.sentences import script_language, sentence_spans

ENGLISH = "Troops held the bridge. Did they stay? They did, at 3.5 km from U.S. advisers!"
UKRAINIAN = "Військові втримали міст. Чи лишилися вони? Так, і п'ять разів відбили атаку!"
RUSSIAN = "Войска удержали мост. Остались ли они? Да, и отбили атаку!"


def sentences(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentence_spans(text)]


PIECES = [
    "Київ", "Mr. X", ". ", "?!", "\n\n", "\r\n", " ", "\u2028", "\0", "«", '"', "(", "。", "...", "… И ", "\n", "\n• ",
    "1. ", "ген. ", "» — ", "🇺🇦", "‼\ufe0f", "\u200d", "т. д. Он", "A.", " слово", "They left. " * 40,
    "“" + "Мы тут. " * 60,
]  # fmt: skip


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.lists(st.sampled_from(PIECES)).map("".join))
def test_sentences_are_the_whole_text(text):
    spans = sentence_spans(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


def test_a_long_quotation_is_cut_into_its_sentences():
    quoted = "They left at five. Nobody saw U.S. soldiers. " * 20
    found = sentences(f"He said: “{quoted}” Then he left. “No more.”")
    assert found[0] == "He said: “They left at five."
    assert found[1:41:2] == ["Nobody saw U.S. soldiers."] * 19 + ["Nobody saw U.S. soldiers. ”"]
    assert found[-2:] == ["Then he left.", "“No more.”"]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["A b.", "В г.", " ", "\n\n", "\t", "\u00a0"]), min_size=1).map("".join))
def test_no_sentence_is_blank_unless_the_text_is(text):
    assert all(sentences(text)) or not text.strip()


@pytest.mark.parametrize("text", [ENGLISH, UKRAINIAN, RUSSIAN])
def test_three_sentences_are_found_in_each_language(text):
    found = sentences(text)
    assert len(found) == 3
    assert [sentence[-1] for sentence in found] == [".", "?", "!"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (UKRAINIAN, "uk"),
        (RUSSIAN, "ru"),
        ("", "en"),
        ("1234 !?", "en"),
        (ENGLISH + RUSSIAN[:20], "en"),
    ],
)
def test_the_language_follows_the_script(text, language):
    assert script_language(text) == language


def test_a_text_without_a_border_is_one_sentence():
    assert sentence_spans("слово " * 50) == [(0, 300)]


def test_white_space_in_front_belongs_to_the_first_sentence():
    assert sentence_spans("\n\n\n\nOne. Two.")[0][0] == 0
    assert sentences("\n\n\n\nOne. Two.") == ["One.", "Two."]
