from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from narrashift.model.codebook import Codebook, Label, Task
from narrashift.model.decision import (
    Decision,
    RiskPoint,
    TaskDecision,
    all_probabilities,
    check_risk,
    decide,
    names,
    probabilities,
)

STANCE = Task(kind="single", labels={name: Label(means=name) for name in ("for", "against", "neither")})
LOGITS = arrays(np.float32, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(-1e4, 1e4, width=32))
TEMPERATURES = st.floats(0.05, 20)


def test_softmax_of_a_single_task_is_as_by_hand():
    probs = probabilities(np.array([[2.0, 0.0, -1.0]]), task=STANCE, decision=TaskDecision(temperature=2.0))
    # exp(1), exp(0), exp(-0.5) = 2.71828, 1, 0.60653; they sum to 4.32481
    np.testing.assert_allclose(probs, [[0.628531, 0.231224, 0.140245]], atol=1e-6)


def test_sigmoid_of_a_multi_task_is_as_by_hand(topics):
    logits = np.array([[2 * np.log(3), 0.0, -2 * np.log(4)]])
    probs = probabilities(logits, task=topics.tasks["topics"], decision=TaskDecision(temperature=2.0))
    np.testing.assert_allclose(probs, [[3 / 4, 1 / 2, 1 / 5]], atol=1e-12)


def test_a_label_is_on_from_its_own_threshold_upwards(topics):
    decision = TaskDecision(thresholds={"trade": 0.9, "shelling": 0.5, "raid": 0.2})
    on = decide(
        np.array([[0.5, 0.2, 0.9], [0.4999, 0.1999, 0.8999], [0.6, 0.1, 0.95]]),
        task=topics.tasks["topics"],
        decision=decision,
    )
    assert on.tolist() == [[True, True, True], [False, False, False], [True, False, True]]


def test_a_single_task_takes_its_largest_probability_and_the_first_of_equal_ones():
    on = decide(np.array([[0.3, 0.4, 0.3], [0.4, 0.2, 0.4]]), task=STANCE, decision=TaskDecision())
    assert on.tolist() == [[False, True, False], [True, False, False]]
    assert names(on, task=STANCE) == ["against", "for"]


def test_decided_labels_are_named_with_their_parents(topics):
    on = np.array([[False, False, False], [False, True, True]])
    assert names(on, task=topics.tasks["topics"]) == [[], ["raid", "trade", "violence"]]


def test_no_passage_has_no_labels(topics):
    task = topics.tasks["topics"]
    decision = Decision.default(topics).tasks["topics"]
    assert names(decide(np.empty((0, 3)), task=task, decision=decision), task=task) == []
    assert names(decide(np.empty((0, 3)), task=STANCE, decision=TaskDecision()), task=STANCE) == []


def test_the_default_decision_is_temperature_one_and_threshold_a_half(topics, mood):
    assert Decision.default(topics).tasks["topics"] == TaskDecision(
        temperature=1.0, thresholds={"shelling": 0.5, "raid": 0.5, "trade": 0.5}
    )
    assert Decision.default(mood).tasks["mood"] == TaskDecision(temperature=1.0, thresholds={})


def test_every_task_gets_its_own_temperature(mood, topics):
    both = Codebook(name="both", version="1", tasks=mood.tasks | topics.tasks)
    decision = Decision(
        tasks={
            "mood": TaskDecision(temperature=2.0),
            "topics": TaskDecision(temperature=0.5, thresholds={"shelling": 0.5, "raid": 0.5, "trade": 0.5}),
        }
    )
    logits = {"topics": np.full((1, 3), np.log(3) / 2), "mood": np.array([[2 * np.log(4), 0.0]])}
    probs = all_probabilities(logits, codebook=both, decision=decision)
    np.testing.assert_allclose(probs["mood"], [[4 / 5, 1 / 5]])
    np.testing.assert_allclose(probs["topics"], [[3 / 4, 3 / 4, 3 / 4]])


def test_tasks_that_cannot_keep_a_risk_are_named_with_what_they_can():
    points = (RiskPoint(confidence=0.9, risk=0.08), RiskPoint(confidence=0.4, risk=0.3))
    tasks = {"mood": TaskDecision(risks=points), "topics": TaskDecision()}
    kept, broken = (check_risk(risk, decision=Decision(tasks=tasks), place=Path("bundle")) for risk in (0.08, 0.05))
    assert len(kept) == 1 and "topics, of which too few validation passages were labelled" in kept[0]
    assert "in mood, the least it can keep is 0.08" in broken[0] and broken[1].endswith(kept[0][kept[0].index(":") :])
    assert check_risk(None, decision=Decision(tasks={}), place=Path("bundle")) == []


@settings(max_examples=50, deadline=None)
@given(LOGITS, TEMPERATURES)
def test_probabilities_of_a_single_task_sum_to_one_and_keep_the_order_of_the_logits(logits, temperature):
    probs = probabilities(logits, task=STANCE, decision=TaskDecision(temperature=temperature))
    assert probs.dtype == np.float64
    np.testing.assert_allclose(probs.sum(axis=1), 1)
    rows = np.arange(len(logits))
    assert (probs[rows, logits.argmax(axis=1)] == probs.max(axis=1)).all()


@settings(max_examples=50, deadline=None)
@given(LOGITS, TEMPERATURES)
def test_probabilities_of_a_multi_task_rise_with_the_logit_and_stay_in_bounds(logits, temperature):
    task = Task(kind="multi", labels={name: Label(means=name) for name in "abc"})
    probs = probabilities(logits, task=task, decision=TaskDecision(temperature=temperature))
    assert ((probs >= 0) & (probs <= 1)).all()
    assert (np.diff(probs.ravel()[logits.ravel().argsort()]) > -1e-15).all()
    assert (probs[logits >= 0] >= 0.5).all()
    assert (probs[logits < -1e-3] < 0.5).all()


def test_offsets_move_the_decision_of_a_single_task_and_no_probability():
    logits = np.log([[0.5, 0.3, 0.2], [0.7, 0.2, 0.1]])
    decision = TaskDecision(
        temperature=2.0, offsets={STANCE.leaves[0]: -0.5, STANCE.leaves[1]: 0.1, STANCE.leaves[2]: 0}
    )
    probs = probabilities(2 * logits, task=STANCE, decision=decision)
    np.testing.assert_allclose(probs, np.exp(logits))
    assert decide(probs, task=STANCE, decision=decision).argmax(axis=1).tolist() == [1, 0]
    assert decide(probs, task=STANCE, decision=TaskDecision(temperature=2.0)).argmax(axis=1).tolist() == [0, 0]


def test_a_decision_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        TaskDecision().temperature = 2.0
