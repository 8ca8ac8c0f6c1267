"""What a step is taught by: masked words, and where the encoder is held to what it was; and the held-out loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ...model.tokens import budget_batches, pad
from .backbone import MaskedBackbone, pooled
from .masking import Encoded, Masking
from .settings import AdaptSettings

MOST_TOKENS = {"cpu": 1_024, "cuda": 65_536}
MOST_LOGITS = {"cpu": 10_000_000, "cuda": 500_000_000}
"""Padded tokens and logits held at once: a step with more is made of several passes, whose gradients add up."""


@dataclass(frozen=True)
class Batch:
    """A step's passages as the network sees them, which tokens it is to predict, and what they are.

    Attributes:
        anchors: ``(passages, hidden)``, the vectors that the pretrained encoder gives the whole passages; or None.
    """

    seen: list[np.ndarray]
    wanted: list[np.ndarray]
    ids: list[np.ndarray]
    anchors: Tensor | None = None


def mask_batch(
    passages: Encoded,
    chosen: np.ndarray,
    *,
    masking: Masking,
    rng: np.random.Generator,
    anchors: Tensor | None = None,
) -> Batch:
    """These passages, masked."""
    masked = [masking(passages.ids[i], passages.words[i], rng=rng) for i in chosen]
    seen, wanted = [one for one, _ in masked], [one for _, one in masked]
    return Batch(seen, wanted, [passages.ids[i] for i in chosen], None if anchors is None else anchors[chosen])


def losses(backbone: MaskedBackbone, batch: Batch, *, bf16: bool, anchor: float = 0.0) -> Iterator[Tensor]:
    """Shares of the batch's loss, whose sum it is: one a pass of as many passages as memory has room for.

    It is the mean cross-entropy of the masked tokens, and `anchor` times the mean of 1 - the cosine to the anchors.
    """
    device = backbone.model.device
    lengths = np.array([len(row) for row in batch.ids])
    counts = np.array([int(row.sum()) for row in batch.wanted])
    total = max(int(counts.sum()), 1)
    most = max(MOST_LOGITS.get(device.type, MOST_LOGITS["cpu"]) // backbone.model.config.vocab_size, 1)
    tokens = min(MOST_TOKENS.get(device.type, MOST_TOKENS["cpu"]), most * int(lengths.sum()) // total)
    for part in budget_batches(lengths, tokens=tokens):
        if not counts[part].any():
            continue
        seen, mask = pad([batch.seen[i] for i in part], pad_id=backbone.model.config.pad_token_id or 0)
        asked, _ = pad([batch.wanted[i] for i in part], pad_id=0)
        truth = np.concatenate([batch.ids[i][batch.wanted[i]] for i in part]).astype(np.int64)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits, vectors = backbone.predict(
                torch.from_numpy(seen).to(device),
                torch.from_numpy(mask).to(device),
                wanted=torch.from_numpy(asked.astype(bool)).to(device),
            )
        loss = cross_entropy(logits.float(), torch.from_numpy(truth).to(device), reduction="sum") / total
        if batch.anchors is not None:
            cosines = (vectors * batch.anchors[part].to(device)).sum(1)
            loss = loss + anchor * (1 - cosines).sum() / len(batch.ids)
        yield loss


def sentence_vectors(backbone: MaskedBackbone, passages: Encoded, *, bf16: bool) -> Tensor:
    """What the encoder makes of whole passages, without dropout: ``(passages, hidden)`` of length 1, on the CPU."""
    backbone.model.eval()
    device = backbone.model.device
    found = torch.zeros(len(passages.ids), backbone.model.config.hidden_size)
    tokens = MOST_TOKENS.get(device.type, MOST_TOKENS["cpu"])
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for chosen in budget_batches(passages.lengths, tokens=tokens):
            ids, mask = pad([passages.ids[i] for i in chosen], pad_id=backbone.model.config.pad_token_id or 0)
            seen, on = torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)
            hidden = backbone.model.base_model(input_ids=seen, attention_mask=on).last_hidden_state
            found[torch.from_numpy(chosen)] = pooled(hidden, on).cpu()
    return found


def held_out_loss(backbone: MaskedBackbone, asked: Batch, *, settings: AdaptSettings, bf16: bool) -> float:
    """Mean loss of the masked tokens, in nats, without dropout."""
    backbone.model.eval()
    lengths = np.array([len(row) for row in asked.ids])
    total = count = 0.0
    with torch.inference_mode():
        for chosen in budget_batches(lengths, tokens=settings.step_tokens):
            seen, wanted, ids = ([rows[i] for i in chosen] for rows in (asked.seen, asked.wanted, asked.ids))
            batch = Batch(seen, wanted, ids)
            tokens = sum(int(row.sum()) for row in batch.wanted)
            total += tokens * sum(share.item() for share in losses(backbone, batch, bf16=bf16))
            count += tokens
    return total / max(count, 1.0)
