"""What is hidden: whole words, about the share that is wanted, never a special token, the same by the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrashift.model.tokens import read_tokenizer
from narrashift.training.adapting.backbone import load_tokenizer
from narrashift.training.adapting.masking import SPECIAL, Masking, encode_words, masking_of

MASK = 4


def masking(**changes):
    return Masking(**{"mask_id": MASK, "ordinary": np.arange(5, 600), "share": 0.15, "whole_words": True} | changes)


@given(
    sizes=st.lists(st.integers(1, 4), max_size=30),
    share=st.floats(0.01, 0.9),
    whole=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_only_ordinary_tokens_are_hidden_and_all_pieces_of_a_word_or_none(sizes, share, whole, seed):
    words = np.array([SPECIAL, *np.repeat(np.arange(len(sizes)), sizes), SPECIAL])
    ids = np.arange(1_000, 1_000 + len(words))
    seen, wanted = masking(share=share, whole_words=whole)(ids, words, rng=np.random.default_rng(seed))
    assert (seen[~wanted] == ids[~wanted]).all()
    assert not wanted[[0, -1]].any()
    assert wanted.any() == bool(sizes)
    if whole:
        for word in range(len(sizes)):
            assert len(set(wanted[words == word].tolist())) == 1


@pytest.mark.parametrize("whole_words", [True, False])
def test_the_wanted_share_is_hidden_four_in_five_by_the_mask_token(whole_words):
    rng = np.random.default_rng(0)
    words = np.array([SPECIAL, *np.repeat(np.arange(20), np.tile([1, 1, 2, 3], 5)), SPECIAL])
    ids = np.arange(1_000, 1_000 + len(words))
    drawn = [masking(whole_words=whole_words)(ids, words, rng=rng) for _ in range(2_000)]
    wanted = np.concatenate([one[1] for one in drawn])
    assert wanted.sum() / (2_000 * 35) == pytest.approx(0.15, abs=0.01)
    seen = np.concatenate([one[0] for one in drawn])[wanted]
    true = np.tile(ids, 2_000)[wanted]
    assert (seen == MASK).mean() == pytest.approx(0.8, abs=0.02)
    assert (seen == true).mean() == pytest.approx(0.1, abs=0.02)
    assert set(seen[(seen != MASK) & (seen != true)].tolist()) <= set(range(5, 600))


def test_the_same_generator_hides_the_same():
    words = np.repeat(np.arange(10), 2)
    ids = np.arange(100, 120)
    one, other = (masking()(ids, words, rng=np.random.default_rng((0, 1, 2))) for _ in range(2))
    assert (one[0] == other[0]).all()


def test_tokens_know_their_words_also_where_a_passage_is_cut(tiny_backbone):
    tokenizer = read_tokenizer(tiny_backbone / "tokenizer.json")
    encoded = encode_words(tokenizer, ["Zqxj held the line.", "war " * 50], max_tokens=12)
    first = tokenizer.encode("Zqxj held the line.")
    assert encoded.words[0].tolist() == [SPECIAL if w is None else w for w in first.word_ids][:12]
    assert encoded.words[0].tolist().count(0) == 4, "an unknown word is four pieces, and one word"
    assert encoded.lengths.tolist() == [min(len(first), 12), 12]
    assert encoded.words[1].tolist() == [SPECIAL, *range(10), SPECIAL]


def test_no_special_token_stands_in_for_another(tiny_backbone):
    tokenizer = load_tokenizer(str(tiny_backbone))
    made = masking_of(tokenizer, token="[MASK]", share=0.15, whole_words=True)
    assert made.mask_id == tokenizer.mask_token_id
    assert not set(made.ordinary.tolist()) & set(tokenizer.all_special_ids)
    assert max(made.ordinary) < len(tokenizer)
