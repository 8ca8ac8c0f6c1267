"""What shares are counted of, and how a passage answers it."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

import narrashift
from narrashift.model.decision import answers as decided_labels
from narrashift.serving.shifts.prevalence.answers import answer_space
from narrashift.serving.shifts.prevalence.questions import (
    class_probabilities,
    composite,
    decided_classes,
    questions_of,
    true_classes,
)

PARTS = [("stance", "pro_russia"), ("frame", "losses_russia")]


def question(name, codebook):
    return next(q for q in questions_of(codebook) if q.name == name)


def test_every_single_task_and_every_leaf_and_parent_is_asked(codebook):
    asked = questions_of(codebook)
    assert asked[0].name == "stance" and asked[0].classes == ("pro_ukraine", "pro_russia", "neutral")
    assert [q.name for q in asked[1:8]] == [f"frame.{label}" for label in (
        "gains_ukraine", "gains_russia", "losses_ukraine", "losses_russia", "information_warfare", "gains", "losses"
    )]  # fmt: skip
    assert len(asked) == 1 + 7 + 6


def test_decided_classes_are_the_labels_that_score_decides(codebook, held_out):
    labels = decided_labels(held_out.probabilities, codebook=codebook, decision=held_out.decision)
    options = {"codebook": codebook, "decision": held_out.decision}
    stance = decided_classes(question("stance", codebook), held_out.probabilities, **options)
    assert [codebook.tasks["stance"].leaves[i] for i in stance] == labels["stance"]
    losses = decided_classes(question("frame.losses", codebook), held_out.probabilities, **options)
    assert losses.tolist() == ["losses" in given for given in labels["frame"]]
    both = decided_classes(composite("own", PARTS, codebook=codebook), held_out.probabilities, **options)
    pairs = zip(labels["stance"], labels["frame"], strict=True)
    assert both.tolist() == [s == "pro_russia" and "losses_russia" in f for s, f in pairs]
    assert 0 < both.sum() < losses.sum()


def test_a_composite_is_as_probable_as_its_parts_together(codebook, held_out):
    probs = class_probabilities(composite("own", PARTS, codebook=codebook), held_out.probabilities, codebook=codebook)
    expected = held_out.probabilities["stance"][:, 1] * held_out.probabilities["frame"][:, 3]
    assert probs[:, 1] == pytest.approx(expected) and probs.sum(axis=1) == pytest.approx(1)


def test_a_passage_is_unlabelled_for_a_composite_where_it_is_for_a_part(codebook, held_out):
    stance, frame = held_out.targets["stance"].copy(), held_out.targets["frame"].copy()
    stance[:10], frame[5:20] = -1, np.nan
    some = dataclasses.replace(held_out, targets={**held_out.targets, "stance": stance, "frame": frame})
    true = true_classes(composite("own", PARTS, codebook=codebook), some)
    assert (true[:20] == -1).all() and (true[20:] >= 0).all()
    assert true[20:].tolist() == ((stance == 1) & (frame[:, 3] == 1))[20:].tolist()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([("stanse", "pro_russia")], "'stanse' is no task .*did you mean stance"),
        ([("frame", "loses")], "'loses' is no label of frame .*did you mean losses"),
        ([], "at least one task"),
    ],
)
def test_a_composite_of_what_is_not_there_is_refused(parts, message, codebook):
    with pytest.raises(narrashift.UserError, match=message):
        composite("own", parts, codebook=codebook)


@pytest.mark.parametrize(("name", "kinds"), [("stance", 6), ("frame.losses", 2), ("technique.call", 2)])
def test_an_answer_is_the_decided_class_and_a_step_of_certainty(name, kinds, codebook, held_out):
    asked = question(name, codebook)
    space = answer_space(asked, held_out)
    answers = space.answers(held_out.probabilities)
    decided = decided_classes(asked, held_out.probabilities, codebook=codebook, decision=held_out.decision)
    assert (space.decided[answers].argmax(axis=1) == decided).all() and space.plain == kinds * space.steps
    assert answers.max() < space.size == space.plain * space.context.size
    answers = answers % space.plain
    assert len(np.unique(answers)) == space.plain
    sure = class_probabilities(asked, held_out.probabilities, codebook=codebook)
    sure = sure[np.arange(len(sure)), decided] if name == "stance" else sure[:, 1]
    for kind in range(kinds):
        inside = [sure[answers == kind * space.steps + step] for step in range(space.steps)]
        assert all(a.max() <= b.min() for a, b in pairwise(inside))


def test_of_three_classes_the_second_counts_too(codebook, held_out):
    space = answer_space(question("stance", codebook), held_out)
    pairs = np.array([[0.6, 0.3, 0.1], [0.6, 0.1, 0.3], [0.1, 0.3, 0.6], [0.3, 0.1, 0.6]])
    assert (space.answers({"stance": pairs}) // space.steps).tolist() == [0, 1, 5, 4]


def test_a_class_that_is_never_decided_has_a_single_step(codebook, draw_held_out):
    silent = draw_held_out(50, on=0.0001)
    asked = question("frame.losses", codebook)
    answers = answer_space(asked, silent).answers(silent.probabilities)
    assert set(answers.tolist()) <= set(range(10)) and (answers < 5).all()
