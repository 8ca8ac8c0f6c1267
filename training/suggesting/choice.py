"""Choose passages of which a model is unsure, and no two alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...model.codebook import Codebook

POOL = 20
"""Passages looked at for each that is wanted: the most unsure ones, so that a large dump costs no more."""


def uncertainty(probabilities: Mapping[str, np.ndarray], *, codebook: Codebook) -> np.ndarray:
    """How unsure a model is of each passage: ``(passages,)``, 0..1, mean over the tasks of 1 where it cannot tell.

    For a single task one minus the margin between the two likeliest labels; for a multi task the entropy of its least
    sure leaf, in bits.
    """
    found = []
    for name, own in probabilities.items():
        if codebook.tasks[name].kind == "single":
            ordered = np.sort(own, axis=1)
            found.append(1 - (ordered[:, -1] - ordered[:, -2]))
        else:
            inside = np.clip(own, 1e-9, 1 - 1e-9)
            bits = -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
            found.append(bits.max(axis=1))
    return np.mean(found, axis=0)


def residuals(probabilities: Mapping[str, np.ndarray], *, codebook: Codebook) -> np.ndarray:
    """What a passage's loss would pull at, were the model right: probabilities less the likeliest answer.

    Its outer product with the passage's vector is the gradient of the last layer (Ash et al. 2020, "Deep Batch Active
    Learning by Diverse, Uncertain Gradient Lower Bounds"): long where the model is unsure, and of another direction
    where it is unsure of something else.

    Returns:
        ``(passages, leaves of all tasks)``.
    """
    found = []
    for name, own in probabilities.items():
        single = codebook.tasks[name].kind == "single"
        found.append(own - (np.eye(own.shape[1])[own.argmax(axis=1)] if single else (own >= 0.5)))
    return np.concatenate(found, axis=1)


def choose(
    probabilities: Mapping[str, np.ndarray],
    vectors: np.ndarray,
    *,
    codebook: Codebook,
    count: int,
    seed: int = 0,
    among: Sequence[int] | np.ndarray | None = None,
) -> np.ndarray:
    """Passages to annotate next, the first the most telling: k-means++ over the gradients (BADGE, Ash et al. 2020).

    Args:
        probabilities: task -> ``(passages, leaves)`` of the model so far.
        vectors: ``(passages, dimensions)``, of length 1.
        among: passages that may be chosen; all without.

    Returns:
        Up to ``count`` indices; fewer where the passages are, or where they no longer differ.
    """
    candidates = np.arange(len(vectors)) if among is None else np.asarray(among, dtype=np.int64)
    if len(candidates) > POOL * count:
        unsure = uncertainty({name: own[candidates] for name, own in probabilities.items()}, codebook=codebook)
        candidates = candidates[np.argsort(-unsure, kind="stable")[: POOL * count]]
    if not len(candidates):
        return candidates
    pulls = residuals({name: own[candidates] for name, own in probabilities.items()}, codebook=codebook)
    own_vectors = vectors[candidates].astype(np.float64)
    lengths = (pulls**2).sum(axis=1) * (own_vectors**2).sum(axis=1)
    rng = np.random.default_rng(seed)
    chosen = [int(lengths.argmax())]
    distances = np.full(len(candidates), np.inf)
    while len(chosen) < min(count, len(candidates)):
        last = chosen[-1]
        # of outer products: |a⊗h − b⊗g|² = |a|²|h|² + |b|²|g|² − 2 (a·b)(h·g)
        apart = lengths + lengths[last] - 2 * (pulls @ pulls[last]) * (own_vectors @ own_vectors[last])
        distances = np.minimum(distances, np.maximum(apart, 0))
        distances[chosen] = 0
        total = distances.sum()
        if total <= 1e-12:
            break
        chosen.append(int(rng.choice(len(candidates), p=distances / total)))
    return candidates[chosen]
