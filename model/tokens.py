"""Texts to token ids, and batches of about the same number of tokens with little padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Encoding, Tokenizer

from .errors import UserError


def read_tokenizer(path: Path) -> Tokenizer:
    """The fast tokenizer in `tokenizer.json`, with the truncation and padding saved there switched off.

    Raises:
        UserError: the file is missing or no tokenizer.
    """
    try:
        tokenizer = Tokenizer.from_str(path.read_text("utf-8"))
    except Exception as error:  # tokenizers raises bare Exception
        raise UserError(f"{path}: not a tokenizer: {error}") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def count_tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Tokens of each text, special tokens included, uncut: ``(texts,)`` int64."""
    return np.array([len(e) for e in tokenizer.encode_batch_fast(list(texts))], dtype=np.int64)


def encode(tokenizer: Tokenizer, texts: Sequence[str], *, max_tokens: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Token ids of each text, special tokens included, and which texts were cut off at `max_tokens`.

    Returns:
        A list of int64 arrays, 1..max_tokens tokens each, and ``(texts,)`` booleans.
    """
    encodings = tokenizer.encode_batch_fast(list(texts))
    truncated = np.array([len(e) > max_tokens for e in encodings], dtype=bool)
    return [_cut(e, max_tokens=max_tokens) for e in encodings], truncated


def _cut(encoding: Encoding, *, max_tokens: int) -> np.ndarray:
    ids = np.array(encoding.ids, dtype=np.int64)
    return ids if len(ids) <= max_tokens else ids[kept(encoding, max_tokens=max_tokens)]


def kept(encoding: Encoding, *, max_tokens: int) -> np.ndarray:
    """Indices of the tokens that are kept: the first, and the special tokens that end a text, as in training."""
    count, tail = len(encoding), 0
    if count <= max_tokens:
        return np.arange(count)
    while tail < max_tokens - 1 and encoding.special_tokens_mask[count - 1 - tail]:
        tail += 1
    return np.concatenate([np.arange(max_tokens - tail), np.arange(count - tail, count)])


def budget_batches(lengths: np.ndarray, *, tokens: int, order: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Indices in batches whose padded size, passages times longest, is at most `tokens`.

    Args:
        lengths: ``(passages,)``, tokens of each passage.
        tokens: the budget of a batch; a passage longer than it is a batch of its own.
        order: in which to fill the batches; longest first by default, so that memory peaks at once.
    """
    if order is None:
        order = np.argsort(-lengths, kind="stable")
    batch: list[int] = []
    longest = 0
    for index in order:
        longest = max(longest, int(lengths[index]))
        if batch and longest * (len(batch) + 1) > tokens:
            yield np.array(batch)
            batch, longest = [], int(lengths[index])
        batch.append(int(index))
    if batch:
        yield np.array(batch)


def equal_batches(lengths: np.ndarray, *, tokens: int) -> Iterator[np.ndarray]:
    """Indices in batches of passages of one length, so that nothing is padded; the longest first.

    Args:
        lengths: ``(passages,)``, tokens of each passage.
        tokens: the most that a batch has; a passage longer than it is a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    borders = np.flatnonzero(np.diff(lengths[order])) + 1
    for same in np.split(order, borders):
        if len(same):
            most = max(tokens // int(lengths[same[0]]), 1)
            yield from (same[start : start + most] for start in range(0, len(same), most))


def pad(ids: Sequence[np.ndarray], *, pad_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids and attention mask, both ``(passages, longest)``, int64, padded on the right."""
    longest = max(len(row) for row in ids)
    padded = np.full((len(ids), longest), pad_id, dtype=np.int64)
    mask = np.zeros_like(padded)
    for row, values in enumerate(ids):
        padded[row, : len(values)] = values
        mask[row, : len(values)] = 1
    return padded, mask
