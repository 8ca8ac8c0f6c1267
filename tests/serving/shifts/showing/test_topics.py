from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.serving.shifts.showing.topics import article_topics, decompose, find_topics


def split(values, topics, after, replicates: int = 100):
    return decompose(
        np.array(values, float),
        topics=np.array(topics),
        after=np.array(after),
        replicates=replicates,
        rng=np.random.default_rng(0),
    )


def test_another_mix_of_the_same_stories_is_all_topics():
    values = [1.0] * 10 + [0.0] * 30 + [1.0] * 30 + [0.0] * 10
    topics = [0] * 10 + [1] * 30 + [0] * 30 + [1] * 10
    found = split(values, topics, [False] * 40 + [True] * 40)
    assert found.by_topics == pytest.approx(0.5) and found.within == pytest.approx(0.0)
    assert (found.replicates[:, 0] > 0.2).all() and np.abs(found.replicates[:, 1]).max() < 1e-9


def test_another_story_of_the_same_topics_is_none():
    values = [0.1] * 20 + [0.2] * 20 + [0.6] * 20 + [0.7] * 20
    topics = [0] * 20 + [1] * 20 + [0] * 20 + [1] * 20
    found = split(values, topics, [False] * 40 + [True] * 40)
    assert found.by_topics == pytest.approx(0.0) and found.within == pytest.approx(0.5)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.booleans()), min_size=2, max_size=40))
def test_the_two_parts_add_up_to_the_change(articles):
    articles += [(0.5, 0, False), (0.5, 1, True)]
    values, topics, after = map(np.array, zip(*articles, strict=True))
    found = split(values, topics, after, replicates=5)
    change = values[after].mean() - values[~after].mean()
    assert found.by_topics + found.within == pytest.approx(change, abs=1e-9)


def test_a_topic_that_is_new_counts_as_mix():
    found = split([0.0] * 10 + [0.0] * 5 + [1.0] * 5, [0] * 10 + [0] * 5 + [1] * 5, [False] * 10 + [True] * 10)
    assert found.by_topics == pytest.approx(0.5)


def test_topics_are_found_in_words():
    front = [f"shelling of trenches near village number {i} by artillery" for i in range(40)]
    trade = [f"grain exports and oil prices fell on market number {i}" for i in range(40)]
    found = find_topics([*front, *trade], seed=0)
    assert not set(found[:40]) & set(found[40:])


def test_topics_are_the_column_or_the_text_or_unknown():
    rows = pl.DataFrame({"article": [1, 1, 2, 3], "passage": [0, 1, 0, 0]})
    assert article_topics(rows, seed=0) is None
    named = article_topics(rows.with_columns(topic=pl.Series(["war", "war", "oil", None])), seed=0)
    assert sorted(named["article"].to_list()) == [1, 2, 3] and named["topic_number"].n_unique() == 3
    texts = article_topics(rows.with_columns(text=pl.lit("word")), seed=0)
    assert texts["topic_number"].to_list() == [0, 0, 0]
