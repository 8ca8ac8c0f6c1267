"""Dawid and Skene against a simulated truth: qualities are recovered, and beat the majority where they differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.training.data.agreement.dawid_skene import dawid_skene, majority

QUALITY = np.array([0.95, 0.9, 0.6, 0.5, 0.45])
SHARES = [0.2, 0.3, 0.5]


@pytest.fixture(scope="module")
def simulated():
    """Truths, and what five annotators of different quality said of four in five passages."""
    rng = np.random.default_rng(0)
    truth = rng.choice(3, 1_000, p=SHARES)
    wrong = (truth + rng.integers(1, 3, (5, 1_000))) % 3
    said = np.where(rng.random((5, 1_000)) < QUALITY[:, None], truth, wrong)
    said[rng.random(said.shape) < 0.2] = -1
    return truth, said


def test_qualities_and_shares_are_recovered(simulated):
    _, said = simulated
    fitted = dawid_skene(said, kinds=3)
    found = np.einsum("k,akk->a", fitted.shares, fitted.confusions)
    np.testing.assert_allclose(found, QUALITY, atol=0.05)
    np.testing.assert_allclose(fitted.shares, SHARES, atol=0.04)


def test_it_is_right_more_often_than_the_majority_and_as_sure_as_it_may_be(simulated):
    truth, said = simulated
    probabilities, votes = dawid_skene(said, kinds=3).probabilities, majority(said, kinds=3)
    known = ~np.isnan(votes[:, 0])
    right = probabilities[known].argmax(axis=1) == truth[known]
    by_votes = votes[known].argmax(axis=1) == truth[known]
    assert right.mean() > by_votes.mean() + 0.05
    assert probabilities[known].max(axis=1).mean() == pytest.approx(right.mean(), abs=0.03)


def test_nobodys_passage_has_no_probability():
    said = np.array([[0, 1, -1], [0, 1, -1]])
    assert np.isnan(dawid_skene(said, kinds=2).probabilities[2]).all()
    assert np.isnan(majority(said, kinds=2)[2]).all()
    assert majority(np.array([[0], [1], [1]]), kinds=2).tolist() == [[1 / 3, 2 / 3]]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=1, max_size=12))
def test_whatever_was_said_probabilities_sum_to_one(rows):
    probabilities = dawid_skene(np.array(rows).T, kinds=3).probabilities
    known = ~np.isnan(probabilities).any(axis=1)
    assert known.tolist() == [any(v >= 0 for v in row) for row in rows]
    np.testing.assert_allclose(probabilities[known].sum(axis=1), 1)
