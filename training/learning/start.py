"""Where fine-tuning starts: heads that already tell what they can, and rates that suit the number of passages."""

from __future__ import annotations

import numpy as np
import torch
from tokenizers import Tokenizer

from ...model.network import PassageClassifier
from ...model.tfidf import fit_head
from ...model.tokens import budget_batches, pad
from ...model.windows import encode_windows
from ..data.corpus import Corpus
from ..settings import TrainSettings
from .rates import with_rates

MOST = 4_096
"""Passages that the heads are begun with: more change little and cost a pass of the encoder each."""
STRENGTH = 1.0
BATCH_TOKENS = 1_024


def begin(
    network: PassageClassifier, tokenizer: Tokenizer, *, train: Corpus, settings: TrainSettings, fresh: bool, bf16: bool
) -> TrainSettings:
    """Begin the heads, in place, and decide the rates that are left to us.

    Args:
        fresh: no step was done yet; else the heads are left alone.

    Returns:
        The settings with numbers for both learning rates.
    """
    if settings.probe and fresh:
        begin_heads(network, tokenizer, train=train, settings=settings, bf16=bf16)
    return with_rates(settings, passages=len(train))


def begin_heads(
    network: PassageClassifier, tokenizer: Tokenizer, *, train: Corpus, settings: TrainSettings, bf16: bool
) -> None:
    """Set every head to the logistic regression on what the encoder says of the passages before it learns.

    Linear probing, then fine-tuning (Kumar et al. 2022). A task without a labelled passage keeps its head.
    """
    chosen = np.arange(len(train))
    if len(chosen) > MOST:
        chosen = np.sort(np.random.default_rng(settings.seed).permutation(len(train))[:MOST])
    part = train.select(chosen)
    features = pooled(network, tokenizer, part.texts, bf16=bf16)
    length = np.linalg.norm(features, axis=1, keepdims=True)
    for name, task in train.codebook.tasks.items():
        known = part.labelled(name)
        if not known.any():
            continue
        weights, bias = fit_head(
            (features / np.maximum(length, 1e-9))[known], part.targets[name][known], leaves=len(task.leaves),
            single=task.kind == "single", strength=STRENGTH, balanced=False,
        )  # fmt: skip
        head = network.head(name)
        with torch.no_grad():
            head.weight.copy_(torch.from_numpy(weights / length.mean()))
            head.bias.copy_(torch.from_numpy(bias))


def pooled(network: PassageClassifier, tokenizer: Tokenizer, texts: list[str], *, bf16: bool) -> np.ndarray:
    """Features that the heads see, of each text, the mean over its windows: ``(texts, hidden)`` float32."""
    config = network.config
    windows = encode_windows(tokenizer, texts, max_tokens=config.max_tokens, windows=config.windows)
    width = network.head(next(iter(config.heads))).in_features
    features = np.empty((len(windows.ids), width), dtype=np.float32)
    device, pad_id = next(network.parameters()).device, config.encoder.get("pad_token_id") or 0
    network.eval()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for batch in budget_batches(windows.lengths, tokens=BATCH_TOKENS):
            rows = pad([windows.ids[i] for i in batch], pad_id=pad_id)
            features[batch] = network.pool(*(torch.from_numpy(row).to(device) for row in rows)).float().cpu().numpy()
    return windows.averaged(features)
