"""Logits from static embeddings: a convolution over three tokens, pooled, and words counted as the network does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .counted import counted_logits

SPAN = 3
"""Tokens that a filter sees at once."""
BLOCK = 128
"""Passages computed at once: their filters fit the processor's cache."""


class StaticConvolution:
    """The student's arithmetic, after Kim 2014, "Convolutional neural networks for sentence classification".

    Embeddings do not depend on their neighbours, so each filter is a table over tokens: its values for the distinct
    tokens of a block are computed once, and what is left for a passage is to look up and to add.

    Args:
        tensors: `embedding` ``(tokens, d)``; `filters` ``(3 d, f)``, its rows for the token before, the token, and the
            one behind; `filters.bias` ``(f,)``; `hidden` ``(2 f + d, h)``, `hidden.bias`, `head` ``(h, leaves)``,
            `head.bias`; where the network counts words, `counted` ``(buckets, 1 + leaves)`` and `counted.bias`; and
            where it does so only among words that it knows, `counted.known` and `counted.silence`.

    Raises:
        KeyError, ValueError: a tensor is missing, or of another shape.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self.embedding, self.bias = tensors["embedding"], tensors["filters.bias"]
        depth = self.embedding.shape[1]
        self.filters = np.split(tensors["filters"].reshape(SPAN * depth, len(self.bias)), SPAN)
        self.hidden, self.hidden_bias = tensors["hidden"], tensors["hidden.bias"]
        self.head, self.head_bias = tensors["head"], tensors["head.bias"]
        self.width = len(self.head_bias)
        if self.hidden.shape != (2 * len(self.bias) + depth, len(self.head)) or self.head.shape[1] != self.width:
            raise ValueError("weights do not fit each other")
        self.table, self.table_bias = tensors.get("counted"), tensors.get("counted.bias")
        if self.table is not None and (self.table_bias is None or self.table.shape[1] != 1 + self.width):
            raise ValueError("the table of words does not fit the leaves")
        self.known, self.silence = tensors.get("counted.known"), tensors.get("counted.silence")
        if (self.known is None) != (self.silence is None) or (
            self.known is not None and self.known.shape != self.embedding.shape[:1]
        ):
            raise ValueError("the known words do not fit the embeddings")

    def logits(self, ids: Sequence[np.ndarray]) -> np.ndarray:
        """``(passages, leaves)`` float32 of token ids with their special tokens, one array a passage, none empty."""
        found = self.counted(ids)
        for start in range(0, len(ids), BLOCK):
            features = self._features(*_joined(ids[start : start + BLOCK]))
            between = np.maximum(features @ self.hidden + self.hidden_bias, 0)
            found[start : start + BLOCK] += between @ self.head + self.head_bias
        return found

    def counted(self, ids: Sequence[np.ndarray]) -> np.ndarray:
        """The part of `logits` that counts words; 0 where the network counts none."""
        found = np.zeros((len(ids), self.width), dtype=np.float32)
        if self.table is None or self.table_bias is None:
            return found
        for start in range(0, len(ids), BLOCK):
            flat, starts, _ = _joined(ids[start : start + BLOCK])
            found[start : start + BLOCK] = counted_logits(
                flat, starts, table=self.table, bias=self.table_bias, known=self.known, silence=self.silence
            )
        return found

    def _features(self, flat: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Mean and largest value of every filter, and the mean embedding: ``(passages, 2 f + d)``."""
        distinct, place = np.unique(flat, return_inverse=True)
        rows = self.embedding[distinct]
        before, here, behind = (rows @ weights for weights in self.filters)
        found = here[place]
        inner = np.ones(len(flat), dtype=bool)
        inner[starts] = False
        at = np.flatnonzero(inner)  # tokens that have one before them in their passage
        found[at] += before[place[at - 1]]
        found[at - 1] += behind[place[at]]
        found += self.bias
        np.maximum(found, 0, out=found)
        count = lengths[:, None].astype(np.float32)
        return np.concatenate(
            [
                np.add.reduceat(found, starts) / count,
                np.maximum.reduceat(found, starts),
                np.add.reduceat(rows[place], starts) / count,
            ],
            axis=1,
        )


def _joined(ids: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All ids one after the other, where each passage starts, and its tokens."""
    lengths = np.array([len(row) for row in ids])
    return np.concatenate(ids), np.cumsum(lengths) - lengths, lengths
