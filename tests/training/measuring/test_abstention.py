"""Leaving passages undecided: the curve, the bound, and whether it holds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import softmax

import narrashift
from narrashift.model.decision import RiskPoint, TaskDecision, answers, confidences, undecided
from narrashift.training.measuring.abstention import fit_risks, risk_coverage
from narrashift.training.measuring.calibration import fit_decision

TASKS = narrashift.read_codebook().tasks
STANCE, FRAME = TASKS["stance"], TASKS["frame"]


def draw(count, rng, sharpness=2.0):
    probs = softmax(rng.normal(size=(count, 3)) * sharpness, axis=1)
    truth = np.array([rng.choice(3, p=p) for p in probs])
    return probs, np.eye(3, dtype=bool)[probs.argmax(1)], np.eye(3, dtype=bool)[truth]


def test_the_confidence_of_a_multi_task_is_that_of_the_whole_answer():
    probs = np.array([[0.9, 0.2, 0.5]])
    on = np.array([[True, False, True]])
    assert confidences(probs, on, task=FRAME) == pytest.approx([0.9 * 0.8 * 0.5])


def test_the_confidence_of_a_single_task_is_that_of_the_decided_label_be_it_the_largest_or_not():
    probs = np.array([[0.2, 0.7, 0.1]])
    for decided in range(3):
        assert confidences(probs, np.eye(3, dtype=bool)[[decided]], task=STANCE) == pytest.approx(probs[:, decided])


def test_risk_and_coverage_of_a_small_example():
    coverage, risk = risk_coverage(np.array([0.5, 0.9, 0.7]), np.array([True, False, True]))
    assert coverage == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk == pytest.approx([0, 1 / 2, 2 / 3])
    weighted, its_risk = risk_coverage(np.array([0.9, 0.7]), np.array([False, True]), weights=np.array([3.0, 1.0]))
    assert (weighted, its_risk) == (pytest.approx([0.75, 1]), pytest.approx([0, 0.25]))


def test_the_bounds_rise_with_coverage_and_lie_above_what_is_found():
    probs, on, truth = draw(2_000, np.random.default_rng(0))
    points = fit_risks(probs, on, truth, task=STANCE, weights=np.ones(2_000))
    assert len(points) == 20
    assert all(one.confidence > other.confidence for one, other in pairwise(points))
    wrong = (on != truth).any(1)
    for point in points:
        assert wrong[probs.max(1) >= point.confidence].mean() < point.risk
    assert points[-1].risk < wrong.mean() + 0.05


@pytest.mark.parametrize("asked", [0.05, 0.15])
def test_the_stated_risk_is_kept_on_new_passages(asked):
    """Twenty models, each fitted on 600 passages: the risk on many new ones is above the stated one at most once."""
    rng = np.random.default_rng(3)
    exceeded = 0
    for _ in range(20):
        probs, on, truth = draw(600, rng)
        points = fit_risks(probs, on, truth, task=STANCE, weights=np.ones(600))
        decision = TaskDecision(risks=points)
        probs, on, truth = draw(4_000, rng)
        left = undecided(probs, on, task=STANCE, decision=decision, risk=asked)
        if not left.all():
            exceeded += (on != truth).any(1)[~left].mean() > asked
    assert exceeded <= 1


def test_a_stricter_risk_decides_fewer_and_none_where_it_cannot_be_kept():
    probs, on, truth = draw(1_000, np.random.default_rng(1))
    decision = TaskDecision(risks=fit_risks(probs, on, truth, task=STANCE, weights=np.ones(1_000)))
    left = [undecided(probs, on, task=STANCE, decision=decision, risk=risk).mean() for risk in (0.5, 0.3, 0.1, 1e-4)]
    assert left == sorted(left)
    assert left[0] == 0 and left[-1] == 1
    assert not undecided(probs, on, task=STANCE, decision=decision, risk=None).any()


def test_without_risk_points_everything_is_left_undecided():
    probs, on, _ = draw(10, np.random.default_rng(0))
    assert undecided(probs, on, task=STANCE, decision=TaskDecision(), risk=0.3).all()
    known = TaskDecision(risks=(RiskPoint(confidence=0.0, risk=0.2),))
    assert not undecided(probs, on, task=STANCE, decision=known, risk=0.3).any()


def test_validation_passages_give_every_task_its_points(corpus_of):
    rng = np.random.default_rng(0)
    rows = [
        {"text": f"t{i}", "stance": "neutral" if i % 2 else "pro_russia", "frame": [], "technique": []}
        for i in range(60)
    ]
    corpus = corpus_of(rows)
    logits = {name: rng.normal(size=(60, len(task.leaves))) for name, task in TASKS.items()}
    decision = fit_decision(logits, corpus=corpus)
    assert all(decision.tasks[name].risks for name in TASKS)
    probs = {name: np.full((2, len(task.leaves)), 0.5) for name, task in TASKS.items()}
    book = corpus.codebook
    assert answers(probs, codebook=book, decision=decision, abstain=0.01)["frame"] == [None, None]
    assert answers(probs, codebook=book, decision=decision)["stance"] == ["pro_ukraine", "pro_ukraine"]
