"""Passages that say the same in almost the same words."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

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
    """Every pair whose similarity is above this: exact, no sketch.

    Two sets that are so similar share one of their rarest shingles, so that only pairs which do are compared (prefix
    filtering: Chaudhuri, Ganti & Kaushik 2006, "A Primitive Operator for Similarity Joins in Data Cleaning").
    """
    if len(texts) < 2:
        return []
    matrix = _incidence(texts)
    sizes = np.diff(matrix.indptr)
    rarest = _rarest(matrix, keep=sizes - np.floor(above * sizes).astype(sizes.dtype))
    found: list[Pair] = []
    for start in range(0, len(texts), BLOCK):
        candidates = coo_matrix(rarest[start : start + BLOCK] @ rarest[start:].T)
        later = candidates.row < candidates.col
        first, second = candidates.row[later] + start, candidates.col[later] + start
        for at in range(0, len(first), BLOCK):
            i, j = first[at : at + BLOCK], second[at : at + BLOCK]
            shared = np.asarray(matrix[i].multiply(matrix[j]).sum(axis=1)).ravel()
            similarity = shared / (sizes[i] + sizes[j] - shared)
            keep = similarity > above
            found += map(Pair, i[keep].tolist(), j[keep].tolist(), similarity[keep].tolist())
    return sorted(found, key=lambda pair: (pair.first, pair.second))


def _incidence(texts: Sequence[str]) -> csr_matrix:
    """``(texts, shingles)``: 1 where a text has a shingle."""
    numbers: dict[tuple[str, ...], int] = {}
    columns, borders = array("i"), array("l", [0])
    for text in texts:
        columns.extend(numbers.setdefault(shingle, len(numbers)) for shingle in shingles(text))
        borders.append(len(columns))
    ones = np.ones(len(columns), dtype=np.int32)
    return csr_matrix((ones, np.asarray(columns), np.asarray(borders)), shape=(len(texts), len(numbers)))


def _rarest(matrix: csr_matrix, *, keep: np.ndarray) -> csr_matrix:
    """Of each row the `keep` columns that fewest rows have, in one order for all."""
    frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rank = np.empty(matrix.shape[1], dtype=np.int32)
    rank[np.argsort(frequency, kind="stable")] = np.arange(matrix.shape[1], dtype=np.int32)
    ranked = csr_matrix((matrix.data, rank[matrix.indices], matrix.indptr), shape=matrix.shape)
    ranked.sort_indices()
    position = np.arange(len(ranked.indices)) - np.repeat(ranked.indptr[:-1], np.diff(ranked.indptr))
    kept = position < np.repeat(keep, np.diff(ranked.indptr))
    borders = np.concatenate([[0], np.cumsum(keep)])
    return csr_matrix((ranked.data[kept], ranked.indices[kept], borders), shape=matrix.shape)


def clusters(count: int, pairs: Sequence[Pair]) -> np.ndarray:
    """A cluster's number for each of `count` passages: those that pairs connect, directly or in a chain, share it."""
    ends = np.array([(pair.first, pair.second) for pair in pairs], dtype=int).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]
