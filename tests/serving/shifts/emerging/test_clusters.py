"""Dense groups are found, of whatever size; what is scattered is in none."""

from __future__ import annotations

import numpy as np

from narrashift.serving.shifts.emerging.clusters import centroids, find_clusters


def around(rng: np.random.Generator, sizes: list[int], *, scattered: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of groups around a middle each, and some anywhere; and which group each is of, or -1."""
    middles = rng.normal(size=(len(sizes), 48))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    groups = [middle + rng.normal(size=(size, 48)) * 0.09 for middle, size in zip(middles, sizes, strict=True)]
    vectors = np.concatenate([*groups, rng.normal(size=(scattered, 48))]).astype(np.float32)
    truth = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.full(scattered, -1)])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), truth


def test_groups_large_and_small_are_found_and_the_scattered_left_out():
    vectors, truth = around(np.random.default_rng(0), [200, 40, 8, 3], scattered=150)
    found = find_clusters(vectors)
    assert found.max() == 2  # three passages are no cluster
    for group, number in ((0, 0), (1, 1), (2, 2)):
        assert (found[truth == group] == number).mean() > 0.9
    assert (found[truth == -1] == -1).all() and (found[truth == 3] == -1).all()


def test_the_order_of_passages_does_not_matter():
    vectors, _ = around(np.random.default_rng(1), [60, 30, 12], scattered=40)
    order = np.random.default_rng(2).permutation(len(vectors))
    assert (find_clusters(vectors)[order] == find_clusters(vectors[order])).all()


def test_no_passages_and_no_groups():
    assert len(find_clusters(np.zeros((0, 4), np.float32))) == 0
    alone = find_clusters(np.eye(5, dtype=np.float32))
    assert (alone == -1).all() and centroids(np.eye(5, dtype=np.float32), alone).shape == (0, 5)
