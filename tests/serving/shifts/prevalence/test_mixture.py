"""Shares of a mixture, by likelihood and by least squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.serving.shifts.prevalence.mixture import least_squares_shares, mixture_shares, onto_simplex

RATES = np.array([[0.8, 0.2], [0.3, 0.7]])
THREE = np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.1, 0.1, 0.3, 0.5]])


def test_two_classes_and_two_answers_are_undone_by_hand():
    # 55 % first answers: 0.8 q + 0.3 (1 - q) = 0.55
    for shares in (mixture_shares(np.array([[55, 45]]), RATES), least_squares_shares(np.array([[0.55, 0.45]]), RATES)):
        assert shares[0] == pytest.approx([0.5, 0.5], abs=1e-4)


def test_what_no_mixture_explains_ends_at_the_nearest():
    for shares in (mixture_shares(np.array([[9, 1]]), RATES), least_squares_shares(np.array([[0.9, 0.1]]), RATES)):
        assert shares[0] == pytest.approx([1, 0], abs=1e-4)


shares_of_three = st.tuples(*[st.floats(0.02, 1)] * 3).map(lambda q: np.array(q) / sum(q))


@given(shares_of_three)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_exact_counts_give_the_shares_that_made_them(q):
    assert mixture_shares(1_000 * (q @ THREE)[None], THREE)[0] == pytest.approx(q, abs=2e-3)
    assert least_squares_shares((q @ THREE)[None], THREE)[0] == pytest.approx(q, abs=2e-3)


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(any))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_no_other_shares_are_more_likely(counts):
    counts = np.array([counts])
    found = mixture_shares(counts, THREE)
    others = np.random.default_rng(0).dirichlet(np.ones(3) * 0.5, size=500)
    best = (counts * np.log(found @ THREE)).sum()
    assert (counts * np.log(others @ THREE)).sum(axis=1).max() <= best + 1e-3
    assert found.sum() == pytest.approx(1) and (found >= 0).all()


def test_a_cell_without_counts_has_no_shares_and_disturbs_no_other():
    found = mixture_shares(np.array([[0, 0], [55, 45]]), RATES)
    assert np.isnan(found[0]).all() and found[1] == pytest.approx([0.5, 0.5], abs=1e-4)


def test_rates_of_each_cell_are_its_own():
    both = mixture_shares(np.array([[55, 45], [55, 45]]), np.stack([RATES, RATES[::-1]]))
    assert both[0] == pytest.approx(both[1][::-1], abs=1e-4)
    counts = np.array([[70, 30], [40, 60]])
    assert mixture_shares(counts, np.stack([RATES] * 2)) == pytest.approx(mixture_shares(counts, RATES), abs=1e-5)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=5))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_no_point_of_the_simplex_is_nearer(point):
    point = np.array([point])
    found = onto_simplex(point)
    assert found.sum() == pytest.approx(1) and (found >= 0).all()
    others = np.random.default_rng(0).dirichlet(np.ones(point.shape[1]), size=200)
    assert (np.linalg.norm(others - point, axis=1) >= np.linalg.norm(found - point) - 1e-9).all()
