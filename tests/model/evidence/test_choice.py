from __future__ import annotations

import numpy as np

from narrashift.model.evidence.choice import choose_words


def falls_without(*needed: set[int]):
    """Labels that fall when all words of their set are gone; what was asked is kept."""
    asked: list[tuple[int, tuple[int, ...]]] = []

    def stands(labels, gone):
        asked.extend((label, tuple(words)) for label, words in zip(labels, gone, strict=True))
        return np.array([not needed[label] <= set(words) for label, words in zip(labels, gone, strict=True)])

    return stands, asked


def test_the_heaviest_words_are_taken_until_the_label_falls_and_no_more():
    stands, asked = falls_without({2, 0}, {1})
    choices = choose_words([np.array([3.0, 1.0, 2.0, 0.5]), np.array([0.1, 5.0])], stands=stands)
    assert [(c.words, c.decisive) for c in choices] == [([0, 2], True), ([1], True)]
    assert (0, (0, 2, 1)) not in asked and (1, (1, 0)) not in asked


def test_words_without_which_it_falls_all_the_same_are_given_back():
    stands, _ = falls_without({3})
    [choice] = choose_words([np.array([4.0, 3.0, 2.0, 1.0])], stands=stands)
    assert (choice.words, choice.decisive) == ([3], True)


def test_where_the_most_words_are_not_enough_they_are_the_evidence():
    stands, _ = falls_without({5})
    [choice] = choose_words([np.array([6.0, 5.0, 4.0, 3.0, 2.0, 1.0])], stands=stands, most=3)
    assert (choice.words, choice.decisive) == ([0, 1, 2], False)


def test_words_that_speak_against_the_label_are_no_evidence():
    stands, asked = falls_without({0}, {0}, {0})
    choices = choose_words([np.array([-1.0, 2.0]), np.array([-1.0, 0.0]), np.array([])], stands=stands)
    assert [(c.words, c.decisive) for c in choices] == [([1], False), ([], False), ([], False)]
    assert asked == [(0, (1,))]


def test_of_equal_words_the_first_is_taken():
    stands, _ = falls_without({1})
    [choice] = choose_words([np.array([1.0, 1.0, 1.0])], stands=stands, most=1)
    assert choice.words == [0]
