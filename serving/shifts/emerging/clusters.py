"""Passages that say about the same: dense groups around a passage each, large or small."""

from __future__ import annotations

import numpy as np

NEAR = 0.6
"""Least cosine of a passage to the middle of its cluster."""
SMALLEST = 6
"""Passages of a cluster."""
ROUNDS = 3
AT_ONCE = 1_024


def find_clusters(vectors: np.ndarray, *, near: float = NEAR, smallest: int = SMALLEST) -> np.ndarray:
    """The cluster of each passage, ``(passages,)`` int; -1 where it is in none. The largest clusters come first.

    The passage with most neighbours within `near` starts a cluster of all of them, then the one with most of those that
    are left, and so on (the greedy scheme of leader clustering, Hartigan 1975; `community_detection` of
    sentence-transformers). Then every passage goes to the nearest mean, where that is within `near`, three times over.
    Nothing is drawn, and dates are not looked at, so that they can be tested afterwards.

    Args:
        vectors: ``(passages, dimensions)`` of length 1.
    """
    if not len(vectors):
        return np.zeros(0, dtype=np.int64)
    centres = _leaders(vectors, near=near, smallest=smallest)
    cluster = np.full(len(vectors), -1)
    for _ in range(ROUNDS):
        if not len(centres):
            return np.full(len(vectors), -1)
        cluster = _nearest(vectors, centres, near=near)
        sizes = np.bincount(cluster[cluster >= 0], minlength=len(centres))
        order = np.argsort(-sizes, kind="stable")[: int((sizes >= smallest).sum())]
        renamed = np.full(len(centres) + 1, -1)
        renamed[order] = np.arange(len(order))
        cluster = renamed[cluster]
        centres = centroids(vectors, cluster)
    return cluster


def centroids(vectors: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """The mean of each cluster, of length 1: ``(clusters, dimensions)``."""
    sums = np.zeros((int(cluster.max(initial=-1)) + 1, vectors.shape[1]))
    np.add.at(sums, cluster[cluster >= 0], vectors[cluster >= 0])
    return (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def _leaders(vectors: np.ndarray, *, near: float, smallest: int) -> np.ndarray:
    """Means of the greedy groups: ``(clusters, dimensions)``."""
    around = [
        np.flatnonzero(alike >= near).astype(np.int32)
        for start in range(0, len(vectors), AT_ONCE)
        for alike in vectors[start : start + AT_ONCE] @ vectors.T
    ]
    left = np.array([len(own) for own in around])
    free = np.ones(len(vectors), dtype=bool)
    found = []
    while True:
        leader = int(left.argmax())
        own = around[leader][free[around[leader]]]
        if len(own) < smallest:
            break
        free[own] = False
        for member in own:
            left[around[member]] -= 1
        found.append(vectors[own].mean(axis=0))
    means = np.stack(found) if found else np.zeros((0, vectors.shape[1]), dtype=np.float32)
    return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)


def _nearest(vectors: np.ndarray, centres: np.ndarray, *, near: float) -> np.ndarray:
    alike = vectors @ centres.T
    best = alike.argmax(axis=1)
    return np.where(alike[np.arange(len(vectors)), best] >= near, best, -1)
