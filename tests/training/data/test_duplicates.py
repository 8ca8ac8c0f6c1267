"""Near-duplicates: which pairs are found, against a plain comparison of all pairs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.shingles import shingles
from narrashift.training.data.duplicates import Pair, clusters, near_duplicates

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=7).map(" ".join)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(WORDS, max_size=12), st.sampled_from([0.0, 0.3, 0.5, 0.9]))
def test_it_finds_what_comparing_all_pairs_finds(texts, above):
    sets = [shingles(text) for text in texts]
    expected = []
    for i in range(len(texts)):
        for j in range(i + 1, len(texts)):
            similarity = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if similarity > above:
                expected.append((i, j, pytest.approx(similarity)))
    assert [(p.first, p.second, p.similarity) for p in near_duplicates(texts, above=above)] == expected


def test_case_punctuation_and_white_space_do_not_matter():
    assert near_duplicates(["Kyiv says: it held!", "kyiv  says it “held”", "Moscow says it held"]) == [Pair(0, 1, 1.0)]


def test_texts_without_words_are_compared_as_they_are():
    assert near_duplicates(["🙂🙂", "🙂🙂", "🙁"]) == [Pair(0, 1, 1.0)]


def test_chains_are_one_cluster():
    numbers = clusters(5, [Pair(0, 1, 0.6), Pair(1, 3, 0.6)])
    assert numbers[0] == numbers[1] == numbers[3]
    assert len(set(numbers.tolist())) == 3


def test_blocks_do_not_matter(monkeypatch):
    texts = [f"{i // 2} says the same thing" for i in range(40)]
    whole = near_duplicates(texts, above=0.2)
    monkeypatch.setattr("narrashift.training.data.duplicates.BLOCK", 7)
    assert near_duplicates(texts, above=0.2) == whole
    assert len(whole) > 40
