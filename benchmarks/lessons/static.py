"""A static model out of a backbone, by the recipe of model2vec.

Its own `distill` needs transformers below 5.4, which this project does not use; the recipe is Tulkens & van Dongen
2024 (model2vec, "POTION"), with the defaults of `model2vec.distill` 0.10: every token alone through the encoder, mean
over its tokens, 256 principal components, weights by Zipf's law and SIF (Arora et al. 2017).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model2vec import StaticModel

DIMENSIONS = 256
SIF = 1e-4
BATCH = 256


def distilled(where: str) -> StaticModel:
    """The static model of the backbone in this folder."""
    import torch
    from model2vec import StaticModel
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(where)
    encoder = AutoModel.from_pretrained(where, dtype=torch.float32).eval()
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    special = set(tokenizer.all_special_ids)
    kept = np.array([i for token, i in vocabulary if i not in special and not re.search(r"\[unused\d+\]", token)])
    rows = torch.tensor([[tokenizer.cls_token_id, int(i), tokenizer.sep_token_id] for i in kept])
    with torch.inference_mode():
        hidden = [encoder(input_ids=part).last_hidden_state.mean(dim=1) for part in rows.split(BATCH)]
    vectors = np.zeros((len(vocabulary), min(DIMENSIONS, hidden[0].shape[1])), dtype=np.float32)
    vectors[kept] = sif_weights(len(kept))[:, None] * principal(torch.cat(hidden).numpy(), dimensions=vectors.shape[1])
    return StaticModel(vectors, tokenizer.backend_tokenizer, normalize=True)


def principal(rows: np.ndarray, *, dimensions: int) -> np.ndarray:
    """Coordinates along the first principal components: ``(rows, dimensions)``."""
    centred = rows.astype(np.float64) - rows.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return centred @ directions[:, ::-1][:, :dimensions]


def sif_weights(tokens: int) -> np.ndarray:
    """a / (a + p) for tokens in order of frequency, p by Zipf's law: ``(tokens,)``."""
    zipf = 1 / np.arange(2, tokens + 2)
    return SIF / (SIF + zipf / zipf.sum())
