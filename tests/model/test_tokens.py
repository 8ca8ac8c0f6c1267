from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from narrashift.model.tokens import budget_batches, encode, equal_batches, pad, read_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tiny_backbone: Path) -> Tokenizer:
    return read_tokenizer(tiny_backbone / "tokenizer.json")


@pytest.fixture(scope="module")
def long_text(starter_rows) -> str:
    return " ".join(row["text"] for row in starter_rows[:4])


def test_truncation_and_padding_saved_in_the_file_are_switched_off(tiny_backbone, tmp_path, long_text):
    saved = Tokenizer.from_file(str(tiny_backbone / "tokenizer.json"))
    saved.enable_truncation(8)
    saved.enable_padding(length=16)
    saved.save(str(tmp_path / "tokenizer.json"))
    ids, truncated = encode(read_tokenizer(tmp_path / "tokenizer.json"), ["a", long_text], max_tokens=100)
    assert [len(row) for row in ids] == [3, 100]
    assert truncated.tolist() == [False, True]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"no tokenizer"])
def test_what_is_no_tokenizer_is_refused_with_its_file(tmp_path, refusal, content):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    refusal(lambda: read_tokenizer(path), "tokenizer.json")


def test_a_missing_tokenizer_is_refused_with_its_file(tmp_path, refusal):
    refusal(lambda: read_tokenizer(tmp_path / "tokenizer.json"), "tokenizer.json")


def test_a_text_as_long_as_allowed_is_not_truncated_and_one_token_more_is(tokenizer, long_text):
    (whole,), _ = encode(tokenizer, [long_text], max_tokens=10_000)
    (same,), fits = encode(tokenizer, [long_text], max_tokens=len(whole))
    (cut,), over = encode(tokenizer, [long_text], max_tokens=len(whole) - 1)
    assert (fits.tolist(), over.tolist()) == ([False], [True])
    np.testing.assert_array_equal(same, whole)
    assert len(cut) == len(whole) - 1


def test_a_truncated_text_keeps_its_special_tokens(tiny_backbone, tokenizer, long_text):
    from transformers import AutoTokenizer

    expected = AutoTokenizer.from_pretrained(tiny_backbone)(long_text, truncation=True, max_length=16)["input_ids"]
    (ids,), _ = encode(tokenizer, [long_text], max_tokens=16)
    assert ids.tolist() == expected


def test_no_text_is_no_tokens(tokenizer):
    ids, truncated = encode(tokenizer, [], max_tokens=16)
    assert ids == []
    assert truncated.shape == (0,)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=4), st.integers(3, 20))
def test_any_text_has_one_to_max_tokens(tokenizer, texts, most):
    ids, truncated = encode(tokenizer, texts, max_tokens=most)
    assert all(1 <= len(row) <= most and row.dtype == np.int64 for row in ids)
    whole = [len(e) for e in tokenizer.encode_batch(texts)]
    assert truncated.tolist() == [n > most for n in whole]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 300), max_size=40), st.integers(1, 1_000), st.data())
def test_batches_hold_every_passage_once_within_the_budget(lengths, tokens, data):
    lengths = np.array(lengths, dtype=np.int64)
    order = np.array(data.draw(st.permutations(range(len(lengths)))), dtype=np.int64)
    for batches in (
        list(budget_batches(lengths, tokens=tokens)),
        list(budget_batches(lengths, tokens=tokens, order=order)),
    ):
        assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
        assert all(len(batch) == 1 or len(batch) * lengths[batch].max() <= tokens for batch in batches)


def test_batches_are_filled_and_begin_with_the_longest():
    batches = [batch.tolist() for batch in budget_batches(np.array([2, 9, 3, 2, 3]), tokens=9)]
    assert batches == [[1], [2, 4, 0], [3]]


def test_batches_keep_a_given_order():
    batches = [b.tolist() for b in budget_batches(np.array([2, 9, 3, 2]), tokens=9, order=np.array([3, 2, 1, 0]))]
    assert batches == [[3, 2], [1], [0]]


def test_padding_is_on_the_right_and_masked():
    ids, mask = pad([np.array([5, 6]), np.array([7]), np.array([1, 2, 3])], pad_id=9)
    assert ids.tolist() == [[5, 6, 9], [7, 9, 9], [1, 2, 3]]
    assert mask.tolist() == [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert ids.dtype == mask.dtype == np.int64


@settings(max_examples=200, deadline=None, derandomize=True)
@given(lengths=st.lists(st.integers(1, 12), max_size=40), tokens=st.integers(1, 60))
def test_equal_batches_share_out_all_passages_by_length_within_the_budget_longest_first(lengths, tokens):
    sizes = np.array(lengths, dtype=np.int64)
    batches = list(equal_batches(sizes, tokens=tokens))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    longest = [sizes[batch].max() for batch in batches]
    assert longest == sorted(longest, reverse=True)
    for batch in batches:
        assert len(set(sizes[batch])) == 1
        assert len(batch) == 1 or sizes[batch].sum() <= tokens


def test_equal_batches_are_as_full_as_they_can_be():
    assert [len(batch) for batch in equal_batches(np.array([3] * 7 + [2] * 5), tokens=9)] == [3, 3, 1, 4, 1]
