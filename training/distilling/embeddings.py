"""What a student's embeddings begin as: the encoder's own, in fewer dimensions."""

from __future__ import annotations

import numpy as np

from ...model.network import PassageClassifier


def first_embeddings(network: PassageClassifier, *, dimensions: int) -> np.ndarray:
    """The first principal components of the encoder's input embeddings.

    What the encoder makes of every token alone (the recipe of model2vec) takes a pass over the whole vocabulary, and
    gave students that were no better.

    Args:
        dimensions: of the result; the encoder's are the most that it gets.

    Returns:
        ``(tokens, dimensions)`` float32 with standard deviation 1.
    """
    rows = network.encoder.get_input_embeddings().weight.detach().cpu().numpy().astype(np.float64)
    rows -= rows.mean(axis=0)
    _, directions = np.linalg.eigh(rows.T @ rows)
    found = rows @ directions[:, ::-1][:, :dimensions]
    return (found / found.std()).astype(np.float32)
