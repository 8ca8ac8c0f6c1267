"""The bound on changed labels: it holds on fresh passages of the same kind, and the confidence means what it says."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.model.agreement import agreement, margins
from narrashift.model.decision import Decision
from narrashift.training.distilling.reliability import calibrate, cascade_points, differences, fit_agreement


def logits_of(count, codebook, *, rng, noise):
    """A network's logits, and a student's that are off by this much."""
    its = {name: rng.normal(scale=3, size=(count, len(task.leaves))) for name, task in codebook.tasks.items()}
    return {name: values + rng.normal(scale=noise, size=values.shape) for name, values in its.items()}, its


def test_on_fresh_passages_no_more_is_changed_than_was_stated(codebook):
    """Of 200 students, one in twenty may break the bound that was asked for; 17 or fewer do with 99 % certainty."""
    decision, bound = Decision.default(codebook), 0.05
    broken, answered = 0, []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        seen, held = (logits_of(300, codebook, rng=rng, noise=0.3) for _ in range(2))
        coefficients, points, _ = calibrate(seen, held, codebook=codebook, decision=decision)
        least = min((p.confidence for p in points[""] if p.changed <= bound), default=np.inf)
        student, network = logits_of(3_000, codebook, rng=rng, noise=0.3)
        sure = agreement(margins(student, codebook=codebook, decision=decision), coefficients) >= least
        changed = differences(student, network, codebook=codebook, decision=decision).any(axis=1)
        broken += (sure & changed).mean() > bound
        answered.append(sure.mean())
    assert broken <= 17
    assert np.mean(answered) > 0.1, "a bound that nothing reaches holds, and is of no use"


def test_points_rise_together_and_the_last_answers_everything():
    rng = np.random.default_rng(0)
    confidence = rng.random(1_000)
    points = cascade_points(confidence, rng.random(1_000) > confidence)
    assert [p.confidence for p in points] == sorted((p.confidence for p in points), reverse=True)
    assert [p.changed for p in points] == sorted(p.changed for p in points)
    assert (points[0].answered, points[-1].answered, len(points)) == (0.01, 1.0, 100)


def test_with_no_passage_changed_the_bound_is_that_of_the_rule_of_three():
    (*_, last) = cascade_points(np.linspace(0, 1, 300), np.zeros(300, dtype=bool))
    assert last.changed == pytest.approx(3 / 300, rel=0.01)


def test_passages_of_one_confidence_are_one_point():
    points = cascade_points(np.full(100, 0.5), np.arange(100) < 10)
    assert [(p.confidence, p.answered) for p in points] == [(0.5, 1.0)]


def test_the_confidence_is_the_share_that_agrees(codebook):
    decision, rng = Decision.default(codebook), np.random.default_rng(0)
    student, network = logits_of(20_000, codebook, rng=rng, noise=0.5)
    differ = differences(student, network, codebook=codebook, decision=decision)
    found = margins(student, codebook=codebook, decision=decision)
    confidence = agreement(found, fit_agreement(found, differ))
    for low, high in ((0.2, 0.5), (0.5, 0.7), (0.7, 0.9)):
        inside = (confidence > low) & (confidence < high)
        assert (~differ[inside].any(axis=1)).mean() == pytest.approx(confidence[inside].mean(), abs=0.04)


def test_a_decision_that_never_or_always_differs_has_one_share_for_all():
    coefficients = fit_agreement(np.random.default_rng(0).random((98, 2)), np.array([[False, True]] * 98))
    assert (coefficients[:, 1:] == 0).all()
    share = 1 / (1 + np.exp(-coefficients[:, 0]))
    np.testing.assert_allclose(share, [0.99, 0.01])


def test_a_single_task_differs_in_one_column(codebook):
    task = next(name for name, task in codebook.tasks.items() if task.kind == "single")
    network = {name: np.full((1, len(t.leaves)), -1.0) for name, t in codebook.tasks.items()}
    student = {name: values.copy() for name, values in network.items()}
    student[task][0, 1] = 3.0
    differ = differences(student, network, codebook=codebook, decision=Decision.default(codebook))
    assert differ.sum() == 1
