"""Offsets in the article of words that were seen in a mended copy of it."""

from __future__ import annotations

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.evidence.words import word_spans
from narrashift.serving.original import original_spans

ALPHABET = "abЯїе\u0301🇺🇦 .,-"


def unseen(text: str) -> str:
    """A stand-in for mending: invisible characters go, entities are read."""
    return html.unescape(text.replace("\u200b", "")).strip()


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.text(st.sampled_from(ALPHABET), max_size=40), st.sampled_from(["", " ", "\n\t", "\u00a0"]))
def test_white_space_around_a_passage_moves_its_words(text, space):
    original, seen = f"{space}{text}{space}", text.strip()
    spans = word_spans(seen)
    for (start, end), (first, last) in zip(
        spans, original_spans(spans, seen=seen, original=original, mend=unseen), strict=True
    ):
        assert original[first:last] == seen[start:end]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([*ALPHABET, "\u200b", "&amp;", "&quot;"]), max_size=40))
def test_a_mended_word_is_found_where_it_stood_or_not_at_all(signs):
    original = "".join(signs)
    seen = unseen(original)
    spans = word_spans(seen)
    for (start, end), place in zip(
        spans, original_spans(spans, seen=seen, original=original, mend=unseen), strict=True
    ):
        assert place is None or unseen(original[slice(*place)]) == seen[start:end]


@pytest.mark.parametrize(
    ("original", "word", "there"),
    [
        (" so\u200bldiers fled ", "soldiers", "so\u200bldiers"),
        ("Shock &amp; awe", "awe", "awe"),
        ("he said &quot;traitors&quot;", "traitors", "traitors"),
    ],
)
def test_words_beside_and_around_what_was_mended_are_found(original, word, there):
    seen = unseen(original)
    start = seen.index(word)
    [place] = original_spans([(start, start + len(word))], seen=seen, original=original, mend=unseen)
    assert original[slice(*place)] == there


def test_where_it_cannot_be_told_there_is_no_place():
    assert original_spans([(0, 5)], seen="Kyiv,", original="completely else", mend=unseen) == [None]
    assert original_spans([(0, 4)], seen="Kyiv", original="K\u200byiv", mend=str) == [None]
