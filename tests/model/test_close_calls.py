from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from narrashift.model.classifier import Logits
from narrashift.model.close_calls import CloseCalls, close_calls
from narrashift.model.decision import Decision, TaskDecision, decide, probabilities

THRESHOLDS = {"shelling": 0.5, "raid": 0.2, "trade": 0.9}


def deciding(codebook, *, temperature: float = 1.0, **thresholds: float) -> Decision:
    """One task's decision; thresholds by label."""
    [task] = codebook.tasks
    return Decision(tasks={task: TaskDecision(temperature=temperature, thresholds=thresholds)})


def found(codebook, logits, *, margin: float, decision: Decision) -> list[bool]:
    [task] = codebook.tasks
    values = {task: np.array(logits, dtype=np.float32)}
    return close_calls(values, codebook=codebook, decision=decision, margins={task: margin}).tolist()


def test_two_labels_that_are_nearly_alike_are_a_close_call(mood):
    logits = [[1.0, 1.3], [1.3, 1.0], [1.0, 1.5], [-9.0, 9.0]]
    assert found(mood, logits, margin=0.3, decision=deciding(mood)) == [True, True, False, False]


def test_offsets_move_the_border_that_a_close_call_is_near(mood):
    first, second = mood.tasks["mood"].leaves
    decision = Decision(tasks={"mood": TaskDecision(temperature=2.0, offsets={first: 0.5, second: -0.5})})
    assert found(mood, [[1.0, 1.0], [1.0, 3.0], [1.0, 3.5]], margin=0.3, decision=decision) == [False, True, False]


@pytest.mark.parametrize("temperature", [0.1, 1.0, 7.0])
def test_a_label_near_its_threshold_is_a_close_call_at_any_temperature(topics, temperature):
    border = np.log(0.2 / 0.8) * temperature  # of raid
    decision = deciding(topics, temperature=temperature, **THRESHOLDS)
    logits = [[50, border + near, 50] for near in (-0.31, -0.29, 0.29, 0.31)]
    assert found(topics, logits, margin=0.3, decision=decision) == [False, True, True, False]


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_label_that_is_always_or_never_on_is_no_close_call(topics, threshold):
    decision = deciding(topics, **dict.fromkeys(THRESHOLDS, threshold))
    assert found(topics, [[0, 0, 0], [-30, 40, 1]], margin=1e9, decision=decision) == [False, False]


def test_nothing_is_close_within_no_margin(mood, topics):
    assert found(mood, [[1.0, 1.0]], margin=0.0, decision=deciding(mood)) == [False]
    assert found(topics, [[0.0, 0.0, 0.0]], margin=0.0, decision=deciding(topics, **THRESHOLDS)) == [False]


def test_a_close_call_in_any_task_is_one(codebook):
    decision = Decision.default(codebook)
    logits = {name: np.full((3, len(task.leaves)), 9.0) for name, task in codebook.tasks.items()}
    logits["stance"][:, 0] = 20.0
    logits["stance"][1, 0] = 9.05
    logits["technique"][2, 3] = -0.05
    margins = dict.fromkeys(codebook.tasks, 0.1)
    assert close_calls(logits, codebook=codebook, decision=decision, margins=margins).tolist() == [False, True, True]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    logits=arrays(np.float64, (4, 3), elements=st.floats(-5, 5)),
    moves=arrays(np.float64, (4, 3), elements=st.floats(-0.99, 0.99)),
    thresholds=st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.97, 1.0]), min_size=3, max_size=3),
    temperature=st.sampled_from([0.5, 1.0, 3.0]),
)
def test_what_is_no_close_call_keeps_its_labels_within_the_margin(topics, logits, moves, thresholds, temperature):
    decision = deciding(topics, temperature=temperature, **dict(zip(THRESHOLDS, thresholds, strict=True)))
    [(name, task)] = topics.tasks.items()
    close = close_calls({name: logits}, codebook=topics, decision=decision, margins={name: 0.5})
    before, after = (
        decide(
            probabilities(values, task=task, decision=decision.tasks[name]), task=task, decision=decision.tasks[name]
        )
        for values in (logits, logits + 0.5 * moves)
    )
    assert (close | (before == after).all(axis=1)).all()


class Fixed:
    """Gives each text, a number, the two logits 0 and that number plus something; notes what it is asked."""

    max_tokens = 7

    def __init__(self, more: float) -> None:
        self.more = more
        self.asked: list[str] = []

    def count_tokens(self, texts):
        return np.array([len(text) for text in texts])

    def logits(self, texts, *, tick=None):
        self.asked += texts
        if tick:
            tick(len(texts))
        values = np.array([[0, float(text) + self.more] for text in texts], dtype=np.float32).reshape(-1, 2)
        return Logits(tasks={"mood": values}, truncated=np.array([float(text) > 4 for text in texts], dtype=bool))


@pytest.fixture
def pair(mood):
    """A classifier of close calls with its two halves; the exact one answers 0.5 more."""
    quick, exact = Fixed(0.0), Fixed(0.5)
    both = CloseCalls(quick, exact, codebook=mood, decision=Decision.default(mood), margins={"mood": 1.0})
    return both, quick, exact


def test_the_exact_one_is_asked_about_close_calls_only(pair):
    both, quick, exact = pair
    ticks: list[int] = []
    answer = both.logits(["5", "1", "-3", "-1", "0"], tick=ticks.append)
    assert quick.asked == ["5", "1", "-3", "-1", "0"]
    assert exact.asked == ["1", "-1", "0"]
    assert answer.tasks["mood"][:, 1].tolist() == [5, 1.5, -3, -0.5, 0.5]
    assert answer.truncated.tolist() == [True, False, False, False, False]
    assert sum(ticks) == 5


def test_without_a_close_call_the_exact_one_is_not_asked(pair):
    both, _, exact = pair
    assert both.logits(["5", "-5"]).tasks["mood"][:, 1].tolist() == [5, -5]
    assert exact.asked == []


def test_tokens_are_the_quick_ones(pair):
    both, quick, _ = pair
    assert both.max_tokens == 7
    assert both.count_tokens(["1", "22"]).tolist() == quick.count_tokens(["1", "22"]).tolist() == [1, 2]
