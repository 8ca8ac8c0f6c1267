"""The student while it learns: the arithmetic of `model.convolution` in PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...model.convolution import SPAN

DROPPED_TOKENS, DROPPED_FEATURES = 0.1, 0.2


class StudentNetwork(nn.Module):
    """Logits by which the student corrects the words counted, `(passages, leaves)`.

    Args:
        embeddings: ``(tokens, d)`` to begin with.
    """

    def __init__(self, embeddings: np.ndarray, *, filters: int, hidden: int, leaves: int) -> None:
        super().__init__()
        depth = embeddings.shape[1]
        self.embedding = nn.Embedding.from_pretrained(torch.from_numpy(embeddings).clone(), freeze=False, sparse=True)
        self.filters = nn.Conv1d(depth, filters, SPAN, padding=SPAN // 2)
        self.hidden = nn.Linear(2 * filters + depth, hidden)
        self.head = nn.Linear(hidden, leaves)
        self.dropout = nn.Dropout(DROPPED_FEATURES)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        mask = attention_mask.unsqueeze(1).float()
        seen = mask * (torch.rand_like(mask) > DROPPED_TOKENS) if self.training else mask
        embedded = self.embedding(input_ids).transpose(1, 2) * seen
        found = functional.relu(self.filters(embedded)) * mask
        count = mask.sum(dim=2)
        features = torch.cat([found.sum(dim=2) / count, found.amax(dim=2), embedded.sum(dim=2) / count], dim=1)
        return self.head(self.dropout(functional.relu(self.hidden(self.dropout(features)))))

    def tensors(self) -> dict[str, np.ndarray]:
        """The weights as `StaticConvolution` takes them."""
        with torch.inference_mode():
            filters = self.filters.weight.permute(2, 1, 0).flatten(0, 1)
            found = {
                "embedding": self.embedding.weight, "filters": filters, "filters.bias": self.filters.bias,
                "hidden": self.hidden.weight.T, "hidden.bias": self.hidden.bias,
                "head": self.head.weight.T, "head.bias": self.head.bias,
            }  # fmt: skip
        return {name: np.ascontiguousarray(values.detach().numpy()) for name, values in found.items()}
