"""Words counted beside the encoder: a linear model over hashed tokens and token pairs, in the same pass."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class LexicalHead(nn.Module):
    """Logits from TF-IDF over hashed tokens and pairs of neighbours (Weinberger et al. 2009, feature hashing).

    An encoder of this size generalises; counted words remember. Their logits are added to the encoder's. Fixed
    after fitting: nothing here has a gradient.

    Of words that it never met it would give what their buckets' other words were taught. In another language than
    its training's, where all are such, it is silent, and the encoder decides alone: `silence` holds the logits that
    bring the encoder's to the level of both together, for which thresholds are fitted.

    Args:
        buckets: rows of the table that features are hashed into.
        heads: task -> number of leaves.
        vocabulary: ids of the tokenizer, each known or not; with 0 it speaks whatever the words.
    """

    def __init__(self, *, buckets: int, heads: Mapping[str, int], vocabulary: int = 0) -> None:
        super().__init__()
        self.heads = dict(sorted(heads.items()))  # a configuration read back from JSON has them in this order
        width = sum(self.heads.values())
        self.table = nn.Parameter(torch.zeros(buckets, 1 + width), requires_grad=False)  # idf, then a column a leaf
        self.bias = nn.Parameter(torch.zeros(width), requires_grad=False)
        self.known: nn.Parameter | None = None
        self.silence: nn.Parameter | None = None
        if vocabulary:
            self.known = nn.Parameter(torch.zeros(vocabulary), requires_grad=False)
            self.silence = nn.Parameter(torch.zeros(width), requires_grad=False)

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
        if self.silence is not None:
            voice = self.voice(input_ids, attention_mask).unsqueeze(1)
            logits = voice * logits + (1 - voice) * self.silence
        return dict(zip(self.heads, logits.split(list(self.heads.values()), dim=1), strict=True))

    def voice(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """How much of it is heard in each passage, ``(passages,)`` in 0..1: all where enough tokens are known.

        `known` holds 1 / e for a known token, where e is the share of known tokens that is enough; at half of e, and
        below, nothing is heard.
        """
        if self.known is None:
            return torch.ones(len(input_ids), device=input_ids.device)
        enough = (self.known[input_ids] * attention_mask).sum(1) / attention_mask.sum(1).clamp(min=1)
        return (2 * enough - 1).clamp(0, 1)

    def shares(self, input_ids: Tensor) -> dict[str, Tensor]:
        """What each token of a passage adds to its logits: task -> ``(tokens, leaves)``.

        Summed, with the bias times `voice` and `silence` times the rest, they are the logits. A pair's part is divided
        evenly between its two tokens.

        Args:
            input_ids: ``(tokens,)``, of one passage, unpadded.
        """
        buckets, _ = self.features(input_ids[None], torch.ones_like(input_ids)[None])
        rows = self.table[buckets[0]]
        values = rows[:, 0] / rows[:, 0].square().sum().clamp(min=1e-9).sqrt()
        single, pairs = (values.unsqueeze(1) * rows[:, 1:]).split([len(input_ids), len(input_ids) - 1])
        single[:-1] += pairs / 2
        single[1:] += pairs / 2
        single = single * self.voice(input_ids[None], torch.ones_like(input_ids)[None])
        return dict(zip(self.heads, single.split(list(self.heads.values()), dim=1), strict=True))
