"""Held-out passages of unlabelled text: whole articles, about as many as wanted, the same from the same."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift import UserError
from narrashift.training.data.holding_out import hold_out

ARTICLES = np.random.default_rng(0).integers(0, 40, size=400)


def held_out(articles, *, count=60, seed=0):
    rng = np.random.default_rng(seed)
    return hold_out(articles, count=count, rng=rng, purpose="measured on", consequence="nothing was learnt")


def test_no_article_has_passages_on_both_sides():
    held = held_out(ARTICLES, count=120)
    assert not set(ARTICLES[held]) & set(ARTICLES[~held])
    assert 100 < held.sum() <= 120


def test_the_same_seed_holds_out_the_same_and_another_one_others():
    one, same, other = (held_out(ARTICLES, seed=seed) for seed in (0, 0, 1))
    assert (one == same).all() and (one != other).any()


@pytest.mark.parametrize("articles", [range(30), [0] * 300, []])
def test_too_few_on_either_side_are_refused_with_what_does_not_happen(articles):
    with pytest.raises(UserError) as caught:
        held_out(articles)
    assert caught.value.lines() == [
        f"{len(articles)} distinct passages of {len(set(articles))} articles: too few to learn from some and to be "
        "measured on 20 others. Name more text (nothing was learnt)"
    ]
