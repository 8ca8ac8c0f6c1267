from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.evidence.words import owners, without, word_spans

ALPHABET = "aZя їй\u0438\u0306é\u0301🇺🇦👩‍🚀 \t\n\u00a0.,!?-—'’\"«»()3/"
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=60)
PARSER = settings(max_examples=50, deadline=None, derandomize=True)


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“So-called” liberators", ["So-called", "liberators"]),
        ("Ukraine's 3,500 men (U.S. aid).", ["Ukraine's", "3,500", "men", "U.S", "aid"]),
        ("Об’єкт — знищено!", ["Об’єкт", "знищено"]),
        ("и\u0306од", ["и\u0306од"]),
        ("Glory 🇺🇦!", ["Glory", "🇺🇦"]),
        ("fire,fire", ["fire", "fire"]),
        ("- ' … !", []),
        ("", []),
    ],
)
def test_words_are_told_from_the_signs_between_them(text, expected):
    assert words(text) == expected


@PARSER
@given(TEXTS)
def test_words_come_in_order_and_hold_every_letter_and_no_white_space(text):
    spans = word_spans(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    inside = {place for start, end in spans for place in range(start, end)}
    assert all(place in inside for place, sign in enumerate(text) if sign.isalnum())
    assert not any(text[place].isspace() for place in inside)


@PARSER
@given(TEXTS, st.data())
def test_what_is_left_out_is_gone_and_the_rest_is_there(text, data):
    spans = word_spans(text)
    gone = data.draw(st.sets(st.sampled_from(range(len(spans))))) if spans else set()
    left = without(text, [spans[index] for index in gone])
    signs = [sign for place, sign in enumerate(text) if not any(spans[i][0] <= place < spans[i][1] for i in gone)]
    assert [sign for sign in left if not sign.isspace()] == [sign for sign in signs if not sign.isspace()]


def test_a_gap_does_not_join_its_neighbours():
    assert without("they took  the town", [(5, 9)]) == "they the town"


def test_a_piece_belongs_to_the_word_it_shares_most_with():
    spans = word_spans("un-do it, now")
    assert spans == [(0, 5), (6, 8), (10, 13)]
    pieces = [(0, 0), (0, 2), (2, 3), (3, 5), (4, 8), (8, 9), (9, 13), (13, 13)]
    assert owners(pieces, spans).tolist() == [-1, 0, 0, 0, 1, -1, 2, -1]
    assert owners(pieces, []).tolist() == [-1] * len(pieces)
