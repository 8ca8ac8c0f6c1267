"""Passages as vectors of a pretrained sentence encoder, before anything is fine-tuned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model.codebook import Codebook
from ...model.progress import Progress, silent
from ..settings import TrainSettings

TOKENS = 128
"""Of a passage that are read: what it is about stands in front."""
BATCH_TOKENS = 4_096


def sentence_vectors(
    texts: Sequence[str], *, backbone: str, codebook: Codebook, progress: Progress = silent
) -> np.ndarray:
    """Mean-pooled vectors ``(texts, dimensions)`` float32 of length 1.

    Args:
        backbone: as `train --backbone`; it should be one that was trained to compare sentences.
    """
    import torch

    from ...model.tokens import budget_batches, encode, pad
    from ..learning.backbone import load_backbone

    network, pretrained = load_backbone(TrainSettings(backbone=backbone, max_tokens=TOKENS), codebook=codebook)
    tokenizer = pretrained.backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    network.eval()
    ids, _ = encode(tokenizer, list(texts), max_tokens=TOKENS)
    pad_id = network.config.encoder.get("pad_token_id") or 0
    found = np.zeros((len(texts), network.config.encoder["hidden_size"]), dtype=np.float32)
    done = 0
    with torch.inference_mode():
        for batch in budget_batches(np.array([len(row) for row in ids]), tokens=BATCH_TOKENS):
            padded, mask = pad([ids[i] for i in batch], pad_id=pad_id)
            found[batch] = network.pool(torch.from_numpy(padded), torch.from_numpy(mask)).numpy()
            done += len(batch)
            progress("reading passages", done, len(texts))
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
