"""Words counted beside the encoder: a linear model over hashed tokens and token pairs, in the same pass."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class LexicalHead(nn.Module):
    """Logits from TF-IDF over hashed tokens and pairs of neighbours (Weinberger et al. 2009, feature hashing).

    An encoder of this size generalises; counted words remember. Their logits are added to the encoder's. Fixed
    after fitting: nothing here has a gradient.

    Args:
        buckets: rows of the table that features are hashed into.
        heads: task -> number of leaves.
    """

    def __init__(self, *, buckets: int, heads: Mapping[str, int]) -> None:
        super().__init__()
        self.heads = dict(sorted(heads.items()))  # a configuration read back from JSON has them in this order
        width = sum(self.heads.values())
        self.table = nn.Parameter(torch.zeros(buckets, 1 + width), requires_grad=False)  # idf, then a column a leaf
        self.bias = nn.Parameter(torch.zeros(width), requires_grad=False)

    def features(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Bucket of every token and pair, and 1 where it counts: both ``(passages, 2 tokens - 1)``."""
        pairs = (input_ids[:, :-1] * 1_000_000_007 + input_ids[:, 1:]) % 2_147_483_647
        buckets = torch.cat([input_ids, pairs], dim=1) * 2_654_435_761 % self.table.shape[0]
        return buckets, torch.cat([attention_mask, attention_mask[:, 1:]], dim=1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """Logits: task -> ``(passages, leaves)``, float32."""
        buckets, counts = self.features(input_ids, attention_mask)
        rows = self.table[buckets]
        values = rows[..., 0] * counts
        values = values / values.square().sum(1, keepdim=True).clamp(min=1e-9).sqrt()
        logits = (values.unsqueeze(-1) * rows[..., 1:]).sum(1) + self.bias
        return dict(zip(self.heads, logits.split(list(self.heads.values()), dim=1), strict=True))

    def shares(self, input_ids: Tensor) -> dict[str, Tensor]:
        """What each token of a passage adds to its logits: task -> ``(tokens, leaves)``.

        Summed, and the bias added, they are the logits. A pair's part is divided evenly between its two tokens.

        Args:
            input_ids: ``(tokens,)``, of one passage, unpadded.
        """
        buckets, _ = self.features(input_ids[None], torch.ones_like(input_ids)[None])
        rows = self.table[buckets[0]]
        values = rows[:, 0] / rows[:, 0].square().sum().clamp(min=1e-9).sqrt()
        single, pairs = (values.unsqueeze(1) * rows[:, 1:]).split([len(input_ids), len(input_ids) - 1])
        single[:-1] += pairs / 2
        single[1:] += pairs / 2
        return dict(zip(self.heads, single.split(list(self.heads.values()), dim=1), strict=True))
