"""Passages drawn from a dump: distinct, whatever the order, no more than asked for."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from narrashift import UserError
from narrashift.model.tokens import count_tokens, read_tokenizer
from narrashift.serving.drawing import _smallest, draw_passages
from narrashift.serving.settings import ScoreSettings


@pytest.fixture(scope="module")
def draw(tiny_bundle):
    tokenizer = read_tokenizer(tiny_bundle / "tokenizer.json")

    def drawn(*inputs, most=1_000, seed=0, **settings):
        return draw_passages(
            inputs, most=most, seed=seed, count_tokens=lambda texts: count_tokens(tokenizer, texts), max_tokens=64,
            settings=ScoreSettings(**settings),
        )  # fmt: skip

    return drawn


def test_all_passages_of_a_small_dump_are_drawn_once_and_know_their_article(draw, write_dump, articles, score_dump):
    found = draw(write_dump([*articles, *articles]))
    scored = score_dump(articles).rows
    texts = {a["id"]: a["text"] for a in articles}
    assert sorted(found.texts) == sorted({texts[r["id"]][r["start"] : r["end"]].strip() for r in scored})
    owners = [next(a["id"] for a in articles if text in a["text"]) for text in found.texts]
    assert len(set(zip(found.articles, owners, strict=True))) == len(set(found.articles))


def test_order_and_repetition_of_the_rows_do_not_matter(draw, write_dump, articles):
    mixed = random.Random(0).sample(articles * 3, 90)
    few = draw(write_dump(articles, "a.jsonl"), most=7)
    assert few == draw(write_dump(mixed, "b.jsonl"), most=7)
    assert len(few.texts) == 7
    assert few.texts != draw(write_dump(articles, "a.jsonl"), most=7, seed=1).texts


def test_each_text_is_as_likely_as_any_other():
    texts = [f"text {i}" for i in range(20)]
    counts = Counter(text for seed in range(400) for text in _smallest(texts, most=5, seed=seed))
    assert set(counts) == set(texts)
    assert all(60 < count < 145 for count in counts.values()), "100 are expected, with a deviation of 9"


def test_rows_are_read_as_score_reads_them(draw, write_dump):
    dump = write_dump([{"body": "Kyiv holds."}, {"body": ""}, "{", {"body": "One. Two."}])
    assert sorted(draw(dump, text="body", cut="none").texts) == ["Kyiv holds.", "One. Two."]


def test_a_dump_without_a_row_to_score_is_refused(draw, write_dump):
    with pytest.raises(UserError, match="no row of the dump"):
        draw(write_dump([{"text": ""}, {"text": None}]))
    with pytest.raises(UserError, match="--column text="):
        draw(write_dump([{"body": "Kyiv holds."}]))
