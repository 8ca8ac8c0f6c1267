from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from narrashift.serving.shifts.showing.words import changed_words, log_odds


def texts(before: list[str], after: list[str]) -> pl.DataFrame:
    every = [*before, *after]
    return pl.DataFrame(
        {"after": [False] * len(before) + [True] * len(after), "article": range(len(every)), "text": every}
    )


def test_log_odds_are_those_of_the_paper_worked_by_hand():
    before, after = np.array([10.0, 90.0]), np.array([30.0, 70.0])
    alpha = 20 * np.array([40.0, 160.0]) / 200
    delta = np.log((30 + alpha[0]) / (100 + 20 - 30 - alpha[0])) - np.log((10 + alpha[0]) / (100 + 20 - 10 - alpha[0]))
    expected = delta / np.sqrt(1 / (30 + alpha[0]) + 1 / (10 + alpha[0]))
    assert log_odds(before, after, prior=20.0)[0] == pytest.approx(expected)


def test_words_that_came_and_went_are_found_and_those_that_stayed_are_not():
    gone, come = changed_words(texts(["the army captured a village"] * 40, ["the army left a village"] * 40), most=5)
    assert [word.word for word in gone] == ["captured"] and [word.word for word in come] == ["left"]
    assert (gone[0].before, gone[0].after, come[0].after) == (40, 0, 40)
    assert gone[0].z < 0 < come[0].z


def test_a_word_repeated_in_one_article_is_no_finding():
    one = ["calm day at the front"] * 30
    _, come = changed_words(texts(one, [*one[1:], "kherson " * 500]), most=5)
    assert come == []


def test_words_of_any_script_are_words_and_apostrophes_belong_to_them():
    gone, come = changed_words(texts(["наступ під’їзд"] * 30, ["відступ під'їзд"] * 30), most=5)
    assert [w.word for w in gone] == ["наступ"] and [w.word for w in come] == ["відступ"]


def test_chance_alone_brings_few_words():
    rng = np.random.default_rng(0)
    words = np.array([f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(300)])
    made = [" ".join(rng.choice(words, 20)) for _ in range(200)]
    gone, come = changed_words(texts(made[:100], made[100:]), most=300)
    assert len(gone) + len(come) < 0.08 * 300


def test_a_side_without_words_has_none():
    assert changed_words(texts(["a b"], ["12 34", ""]), most=5) == ([], [])
