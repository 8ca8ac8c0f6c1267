"""Long texts in training: in how many windows they are read, and one row of logits for each text of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from ...model.network import PassageClassifier
from ...model.tokens import budget_batches, count_tokens, pad
from ...model.windows import Windows, encode_windows, enough_windows
from ..settings import TrainSettings

PIECE_TOKENS = 1_024
"""Tokens whose activations a CPU keeps at once; 8,192 take three times the memory, and longer by 40 %."""


def choose_windows(tokenizer: Tokenizer, texts: Sequence[str], *, settings: TrainSettings) -> int:
    """The setting's number, or enough for these texts."""
    if settings.windows != "auto":
        return settings.windows
    return enough_windows(count_tokens(tokenizer, texts), max_tokens=settings.max_tokens)


class LongTexts:
    """The texts to learn from, each in its windows.

    Attributes:
        lengths: ``(texts,)``, tokens of each, over all its windows.
    """

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        starts = np.flatnonzero(windows.first)
        self.own = np.split(np.arange(len(windows.ids)), starts[1:])
        self.lengths = np.add.reduceat(windows.lengths, starts)

    def pieces(self, batch: np.ndarray, *, tokens: int) -> Iterator[np.ndarray]:
        """The texts of a batch, in pieces of so many tokens at most, unless a text alone has more."""
        if not len(batch):
            return
        if self.lengths[batch].max() * len(batch) <= tokens:
            yield batch
        else:
            yield from (batch[piece] for piece in budget_batches(self.lengths[batch], tokens=tokens))

    def logits(self, network: PassageClassifier, batch: np.ndarray) -> dict[str, Tensor]:
        """Logits: task -> ``(texts of the batch, leaves)``, as `Windows.averaged`, on the network's device."""
        device = next(network.parameters()).device
        chosen = np.concatenate([self.own[text] for text in batch])
        padded, mask = pad(
            [self.windows.ids[i] for i in chosen], pad_id=network.config.encoder.get("pad_token_id") or 0
        )
        logits = network(torch.from_numpy(padded).to(device), torch.from_numpy(mask).to(device))
        if len(chosen) == len(batch):
            return logits
        owner = np.repeat(np.arange(len(batch)), [len(self.own[text]) for text in batch])
        shares = np.zeros((len(batch), len(chosen)), dtype=np.float32)
        shares[owner, np.arange(len(chosen))] = self.windows.shares[chosen]
        mean = torch.from_numpy(shares).to(device)
        with torch.autocast(device.type, enabled=False):
            return {task: mean @ values.float() for task, values in logits.items()}


def long_texts(tokenizer: Tokenizer, texts: Sequence[str], *, network: PassageClassifier) -> LongTexts:
    """Texts cut as this network reads them."""
    config = network.config
    return LongTexts(encode_windows(tokenizer, texts, max_tokens=config.max_tokens, windows=config.windows))
