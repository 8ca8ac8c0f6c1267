"""Begin where another bundle ended: with its encoder, and its heads for the tasks that both have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ...model.bundle import Bundle, is_bundle, open_bundle
from ...model.codebook import Codebook
from ...model.errors import UserError
from ...model.network import PassageClassifier, from_encoder
from .features import Scale

WEIGHT = 2.0
"""Of what a head says already, among the features of a regression: it is penalised a quarter as much."""


def bundle_of(backbone: str) -> Bundle | None:
    """The bundle in this folder, where a backbone is one.

    Raises:
        UserError: a bundle that is damaged, or that has no encoder.
    """
    if not is_bundle(backbone):
        return None
    bundle = open_bundle(backbone)
    if bundle.kind != "transformer":
        raise UserError(f"--backbone {backbone}: a TF-IDF bundle has no encoder to begin with. Name one that has")
    return bundle


def begin_from(
    bundle: Bundle, *, codebook: Codebook, max_tokens: int, dropout: float, layers: int = 1, pooling: str = "mean"
) -> PassageClassifier:
    """A network with the bundle's encoder. A task of the same name, kind and labels has its head too."""
    before = bundle.network()
    network = from_encoder(
        before.encoder, codebook=codebook, max_tokens=max_tokens, dropout=dropout, layers=layers, pooling=pooling
    )
    begun = []
    for name, task in codebook.tasks.items():
        other = bundle.codebook.tasks.get(name)
        if other is None or other.kind != task.kind or set(other.leaves) != set(task.leaves):
            continue
        if set(before.pooled) <= set(network.pooled):
            order = [other.leaves.index(leaf) for leaf in task.leaves]
            _copy(before.head(name), network.head(name), order=order, where=_where(before, network))
            begun.append(name)
    network.taught = tuple(begun)
    return network


def _where(before: PassageClassifier, network: PassageClassifier) -> np.ndarray:
    """Features of the network that the heads of the one before saw."""
    hidden = network.encoder.config.hidden_size
    return np.concatenate([network.pooled.index(block) * hidden + np.arange(hidden) for block in before.pooled])


def _copy(old: nn.Linear, new: nn.Linear, *, order: list[int], where: np.ndarray) -> None:
    with torch.no_grad():
        new.weight.zero_()
        new.weight[:, torch.from_numpy(where)] = old.weight[order]
        new.bias.copy_(old.bias[order])


@dataclass(frozen=True)
class Said:
    """What a head that knows its task already says of passages, as columns for a regression.

    Attributes:
        columns: ``(passages, leaves)``, its scaled logits.
        weights: ``(leaves, features)``, from features to the columns.
        bias: ``(leaves,)``.
    """

    columns: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def by(cls, head: nn.Linear, features: np.ndarray) -> Said:
        """Of features ``(passages, features)``."""
        weights, bias = head.weight.detach().numpy().copy(), head.bias.detach().numpy().copy()
        logits = features @ weights.T + bias
        scale = Scale.of(logits)
        return cls(
            columns=WEIGHT * scale(logits),
            weights=WEIGHT * weights / scale.length[:, None],
            bias=WEIGHT * (bias - scale.mean) / scale.length,
        )

    def add_to(self, head: nn.Linear, *, weights: np.ndarray) -> None:
        """Add to a head what a regression's weights ``(leaves, leaves)`` make of the columns."""
        with torch.no_grad():
            head.weight.add_(torch.from_numpy(weights @ self.weights).to(head.weight))
            head.bias.add_(torch.from_numpy(weights @ self.bias).to(head.bias))
