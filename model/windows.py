"""Long texts in windows: each goes through the network by itself, and a text's logits are its windows' average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from tokenizers import Encoding, Tokenizer

from .tokens import encode, kept

MOST_CHOSEN = 8
"""Windows that are chosen without being asked for."""
ENOUGH = 0.98
"""Share of all tokens that they are to hold."""


@dataclass(frozen=True)
class Windows:
    """Texts as the network reads them.

    Attributes:
        ids: token ids of each window, special tokens included; a text's windows stand together, in its order.
        text: ``(windows,)``, index of the text that each is of.
        shares: ``(windows,)`` float32, how much each counts in its text's logits: its part of the tokens read.
        truncated: ``(texts,)`` bool, whose end is in no window.
    """

    ids: list[np.ndarray]
    text: np.ndarray
    shares: np.ndarray
    truncated: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each window: ``(windows,)``."""
        return np.array([len(row) for row in self.ids], dtype=np.int64)

    @cached_property
    def first(self) -> np.ndarray:
        """Which windows a text begins with: ``(windows,)`` bool."""
        return np.diff(self.text, prepend=-1) > 0

    def begun(self, batch: np.ndarray) -> int:
        """How many texts begin with one of these windows: over all windows, every text once."""
        return int(self.first[batch].sum())

    def averaged(self, logits: np.ndarray) -> np.ndarray:
        """From ``(windows, leaves)`` to ``(texts, leaves)``.

        The mean is weighted by length, so that with a linear head it is the head of the mean over all tokens.
        """
        if len(self.ids) == len(self.truncated):
            return logits
        return np.add.reduceat(logits * self.shares[:, None], np.flatnonzero(self.first), axis=0)


def encode_windows(tokenizer: Tokenizer, texts: Sequence[str], *, max_tokens: int, windows: int) -> Windows:
    """Cut texts that are longer than `max_tokens` into windows of about the same length, at most so many each.

    Args:
        tokenizer: with truncation and padding off.
        max_tokens: tokens that a window may have, special tokens included.
    """
    if windows == 1:
        ids, truncated = encode(tokenizer, texts, max_tokens=max_tokens)
        return Windows(ids, np.arange(len(ids)), np.ones(len(ids), dtype=np.float32), truncated)
    ids, text, shares, cut_off = [], [], [], []
    for index, encoding in enumerate(tokenizer.encode_batch_fast(list(texts))):
        own = np.array(encoding.ids, dtype=np.int64)
        tokens = window_tokens(encoding, max_tokens=max_tokens, windows=windows)
        ids += [own[indices] for indices in tokens]
        text += [index] * len(tokens)
        shares += window_shares(tokens)
        cut_off.append(len(np.unique(np.concatenate(tokens))) < len(own))
    return Windows(ids, np.array(text, dtype=np.int64), np.array(shares, dtype=np.float32), np.array(cut_off, bool))


def window_tokens(encoding: Encoding, *, max_tokens: int, windows: int) -> list[np.ndarray]:
    """Indices of the tokens of each window of a text, the special tokens around it included in every one."""
    count = len(encoding)
    if count <= max_tokens:
        return [np.arange(count)]
    inside = np.flatnonzero(np.array(encoding.special_tokens_mask) == 0)
    around = count - (inside[-1] + 1 - inside[0]) if len(inside) else count
    room = max_tokens - around
    if windows == 1 or room < 1:
        return [kept(encoding, max_tokens=max_tokens)]
    before, after = np.arange(inside[0]), np.arange(inside[-1] + 1, count)
    read = np.arange(inside[0], inside[-1] + 1)[: windows * room]
    return [np.concatenate([before, own, after]) for own in np.array_split(read, -(-len(read) // room))]


def window_shares(tokens: Sequence[np.ndarray]) -> list[float]:
    """Each window's part of the tokens that are read; they sum to 1."""
    around = len(np.intersect1d(tokens[0], tokens[-1])) if len(tokens) > 1 else 0
    sizes = [len(indices) - around for indices in tokens]
    return [size / sum(sizes) for size in sizes]


def enough_windows(lengths: np.ndarray, *, max_tokens: int) -> int:
    """The fewest windows a text that hold nearly all tokens of texts of these lengths, 8 at most.

    Args:
        lengths: ``(texts,)``, tokens of each.
    """
    for windows in range(1, MOST_CHOSEN):
        if np.minimum(lengths, windows * max_tokens).sum() >= ENOUGH * lengths.sum():
            return windows
    return MOST_CHOSEN
