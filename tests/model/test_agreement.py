"""How far decisions are from their borders, and what that says about the network's."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.model.agreement import agreement, margins
from narrashift.model.decision import Decision, TaskDecision


def test_the_margin_of_a_single_task_is_the_largest_less_the_next_over_the_temperature(mood):
    decision = Decision(tasks={"mood": TaskDecision(temperature=2.0)})
    found = margins({"mood": np.array([[5.0, 1.0], [1.0, 1.0], [-3.0, 4.0]])}, codebook=mood, decision=decision)
    np.testing.assert_allclose(found, [[2.0], [0.0], [3.5]])


def test_offsets_count_in_the_margin_of_a_single_task(mood):
    first, second = mood.tasks["mood"].leaves
    decision = Decision(tasks={"mood": TaskDecision(temperature=2.0, offsets={first: -1.0, second: 1.0})})
    found = margins({"mood": np.array([[5.0, 1.0], [1.0, 1.0]])}, codebook=mood, decision=decision)
    np.testing.assert_allclose(found, [[0.0], [2.0]])


def test_the_margin_of_a_label_is_its_distance_from_the_threshold(topics):
    decision = Decision(
        tasks={"topics": TaskDecision(temperature=2.0, thresholds={"shelling": 0.5, "raid": 0.9, "trade": 0.0})}
    )
    found = margins({"topics": np.array([[3.0, 2 * np.log(9), 0.0]])}, codebook=topics, decision=decision)
    np.testing.assert_allclose(found[0, :2], [1.5, 0.0], atol=1e-9)
    assert np.isfinite(found).all(), "a threshold of 0 is far from every probability, and not at infinity"


def test_agreement_is_the_product_over_decisions_and_rises_with_the_margin():
    coefficients = np.array([[0.0, 0.0, 0.0], [1.0, 0.5, 1.0]])
    near, far = agreement(np.array([[1.0, 0.1], [1.0, 5.0]]), coefficients)
    assert 0 < near < far < 0.5
    assert agreement(np.array([[3.0]]), np.zeros((1, 3)))[0] == pytest.approx(0.5)
