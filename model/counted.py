"""What a network's `LexicalHead` gives, in NumPy: TF-IDF over hashed tokens and pairs of neighbours."""

from __future__ import annotations

import numpy as np


def counted_logits(
    flat: np.ndarray,
    starts: np.ndarray,
    *,
    table: np.ndarray,
    bias: np.ndarray,
    known: np.ndarray | None = None,
    silence: np.ndarray | None = None,
) -> np.ndarray:
    """``(passages, leaves)`` float32, as `LexicalHead.forward` in its own order of leaves.

    Args:
        flat: token ids of all passages one after the other, int64.
        starts: ``(passages,)``, where each begins; none is empty.
        table: ``(buckets, 1 + leaves)``, idf and then a weight a leaf.
        bias: ``(leaves,)``.
        known, silence: ``(tokens,)`` and ``(leaves,)``, the head's own; without them it is heard in every passage.
    """
    pairs = (flat[:-1] * 1_000_000_007 + flat[1:]) % 2_147_483_647
    buckets = np.stack([flat, np.append(pairs, 0)], axis=1) * 2_654_435_761 % len(table)
    rows = table[buckets]
    rows[np.append(starts[1:], len(flat)) - 1, 1] = 0  # no pair across two passages
    idf = rows[..., :1]
    values = np.concatenate([idf * idf, idf * rows[..., 1:]], axis=2).sum(axis=1)
    total = np.add.reduceat(values, starts)
    logits = total[:, 1:] / np.sqrt(np.maximum(total[:, :1], 1e-9)) + bias
    if known is None or silence is None:
        return logits
    enough = np.add.reduceat(known[flat], starts) / np.diff(np.append(starts, len(flat)))
    voice = (2 * enough - 1).clip(0, 1)[:, None]
    return voice * logits + (1 - voice) * silence
