"""What the encoder says of passages before it learns, and linear heads on it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from ...model.network import PassageClassifier
from ...model.transformer import TransformerClassifier

STRENGTH: Mapping[str, float] = {"single": 1.0, "multi": 10.0}
"""Of a regression on scaled features against its penalty, by the kind of the task."""


class _Pooled(nn.Module):
    """A network without heads: its logits are the pooled features."""

    def __init__(self, network: PassageClassifier) -> None:
        super().__init__()
        self.network = network
        self.config: Any = copy.copy(network.config)
        self.config.heads = {"features": network.head(next(iter(network.config.heads))).in_features}

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        return {"features": self.network.pool(input_ids, attention_mask)}


def pooled(network: PassageClassifier, tokenizer: Tokenizer, texts: Sequence[str], *, bf16: bool) -> np.ndarray:
    """Features that the heads see of each text: ``(texts, len(network.pooled) * hidden)`` float32."""
    classifier = TransformerClassifier(
        _Pooled(network),  # type: ignore[arg-type]
        tokenizer, device=str(next(network.parameters()).device), precision="bf16" if bf16 else "fp32",
    )  # fmt: skip
    return classifier.logits(texts).tasks["features"]


@dataclass(frozen=True)
class Scale:
    """Features moved to mean 0 and divided to a mean squared length of 1, whatever the backbone.

    Every block, such as a layer's means, has the same part in that length, however large its own numbers are.

    Attributes:
        mean: ``(features,)``.
        length: ``(features,)``, what each is divided by.
    """

    mean: np.ndarray
    length: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray, *, blocks: int = 1) -> Scale:
        """Of so many blocks of features side by side, ``(texts, blocks * hidden)``."""
        mean = features.mean(axis=0)
        squared = ((features - mean) ** 2).mean(axis=0).reshape(blocks, -1)
        length = np.sqrt(blocks * squared.sum(axis=1, keepdims=True))
        return cls(mean, np.broadcast_to(np.where(length > 0, length, 1.0), squared.shape).ravel())

    def __call__(self, features: np.ndarray) -> np.ndarray:
        return (features - self.mean) / self.length

    def put(self, head: nn.Linear, *, weights: np.ndarray, bias: np.ndarray) -> None:
        """Make the head give from features what weights ``(leaves, features)`` and bias give from scaled ones."""
        with torch.no_grad():
            head.weight.copy_(torch.from_numpy(weights / self.length))
            head.bias.copy_(torch.from_numpy(bias - weights @ (self.mean / self.length)))
