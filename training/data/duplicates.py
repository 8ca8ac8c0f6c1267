"""Passages that say the same in almost the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import CountVectorizer

from ...model.shingles import shingles

ABOVE = 0.5
"""Jaccard similarity of 3-word shingles above which two passages are near-duplicates."""
BLOCK = 2_000


@dataclass(frozen=True)
class Pair:
    """Two passages by their index, and their Jaccard similarity; 1 where their words are the same."""

    first: int
    second: int
    similarity: float


def near_duplicates(texts: Sequence[str], *, above: float = ABOVE) -> list[Pair]:
    """Every pair whose similarity is above this: exact, no sketch, and nothing is compared that shares no shingle."""
    if len(texts) < 2:
        return []
    matrix = csr_matrix(CountVectorizer(analyzer=shingles, dtype=np.int32).fit_transform(texts))
    sizes = np.asarray(matrix.sum(axis=1)).ravel()
    found = []
    for start in range(0, len(texts), BLOCK):
        shared = coo_matrix(matrix[start : start + BLOCK] @ matrix.T)
        first, second = shared.row + start, shared.col
        similarity = shared.data / (sizes[first] + sizes[second] - shared.data)
        keep = (first < second) & (similarity > above)
        found += [
            Pair(int(i), int(j), float(s)) for i, j, s in zip(first[keep], second[keep], similarity[keep], strict=True)
        ]
    return sorted(found, key=lambda pair: (pair.first, pair.second))


def clusters(count: int, pairs: Sequence[Pair]) -> np.ndarray:
    """A cluster's number for each of `count` passages: those that pairs connect, directly or in a chain, share it."""
    ends = np.array([(pair.first, pair.second) for pair in pairs], dtype=int).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]
