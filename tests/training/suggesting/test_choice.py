"""Choosing passages: unsure ones, of different kinds, and few of them as good as many."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.training.suggesting.choice import choose, uncertainty

DIMENSIONS = 16


def directions(count, rng):
    vectors = rng.normal(size=(count, DIMENSIONS))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def crowd(codebook):
    """900 passages that the model is sure of, 90 unsure ones that are nearly the same, 10 unsure ones of their own."""
    rng = np.random.default_rng(0)
    sure = np.tile([0.98, 0.01, 0.01], (900, 1))
    unsure = np.tile([0.4, 0.35, 0.25], (100, 1))
    alike = directions(1, rng) + 0.01 * rng.normal(size=(90, DIMENSIONS))
    vectors = np.concatenate([directions(900, rng), alike, directions(10, rng)])
    return {"stance": np.concatenate([sure, unsure])}, vectors


def test_what_the_model_is_unsure_of_is_chosen_and_no_two_alike(crowd, codebook):
    probabilities, vectors = crowd
    chosen = choose(probabilities, vectors, codebook=codebook, count=9, seed=1)
    kinds = np.digitize(chosen, [900, 990])
    assert len(set(chosen.tolist())) == 9
    assert (kinds == 2).sum() >= 6
    assert (kinds == 1).sum() <= 2


def test_repeats_are_chosen_once_and_then_nothing_is_left(codebook):
    probabilities = {"stance": np.tile([0.4, 0.35, 0.25], (50, 1))}
    vectors = np.tile(directions(1, np.random.default_rng(0)), (50, 1))
    assert len(choose(probabilities, vectors, codebook=codebook, count=10)) == 1


def test_only_what_may_be_chosen_is(crowd, codebook):
    probabilities, vectors = crowd
    chosen = choose(probabilities, vectors, codebook=codebook, count=5, among=np.arange(300, 320))
    assert set(chosen.tolist()) <= set(range(300, 320))
    assert len(choose(probabilities, vectors, codebook=codebook, count=5, among=[])) == 0


def test_uncertainty_is_1_where_it_cannot_tell_and_0_where_it_is_sure(codebook):
    leaves = len(codebook.tasks["frame"].leaves)
    probabilities = {
        "stance": np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]),
        "frame": np.array([[0.5, *[0.0] * (leaves - 1)], [0.0] * leaves]),
    }
    assert uncertainty(probabilities, codebook=codebook) == pytest.approx([1.0, 0.0], abs=1e-6)


def test_the_distances_are_those_of_the_outer_products(codebook):
    """The first after the longest is never one whose gradient it has: checked against the products written out."""
    rng = np.random.default_rng(3)
    probabilities = {"stance": rng.dirichlet(np.ones(3), size=30)}
    vectors = directions(30, rng)
    pulls = probabilities["stance"] - np.eye(3)[probabilities["stance"].argmax(axis=1)]
    gradients = np.einsum("pa,ph->pah", pulls, vectors).reshape(30, -1)
    chosen = choose(probabilities, vectors, codebook=codebook, count=30, seed=0)
    assert chosen[0] == (gradients**2).sum(axis=1).argmax()
    nearest = [
        min(((gradients[i] - gradients[j]) ** 2).sum() for j in chosen[:at]) for at, i in enumerate(chosen) if at
    ]
    assert np.mean(nearest[:5]) > np.mean(nearest[-5:])
