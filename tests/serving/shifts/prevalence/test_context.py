"""Shares of a label where a dump differs from the held-out passages in the labels beside it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import expit, logit

from narrashift.serving.shifts.prevalence.answers import answer_space
from narrashift.serving.shifts.prevalence.confusion import fit_confusion
from narrashift.serving.shifts.prevalence.context import context_of
from narrashift.serving.shifts.prevalence.mixture import mixture_shares
from narrashift.serving.shifts.prevalence.quantify import shares
from narrashift.serving.shifts.prevalence.questions import composite, questions_of, true_classes
from narrashift.serving.shifts.prevalence.rates import state_rates
from narrashift.serving.shifts.prevalence.support import is_supported

UKRAINE, RUSSIA = 2, 3
"""Columns of losses in the frame task."""


@pytest.fixture(scope="module")
def losses(codebook):
    return next(q for q in questions_of(codebook) if q.name == "frame.losses_russia")


def spilling(answers):
    """A classifier that takes losses of Ukraine for those of Russia."""
    frame = logit(np.clip(answers.probabilities["frame"], 1e-6, 1 - 1e-6))
    frame[:, RUSSIA] += 2.5 * answers.targets["frame"][:, UKRAINE]
    return dataclasses.replace(answers, probabilities={**answers.probabilities, "frame": expit(frame)})


def camp(space, crowd, *, odds, articles, seed=0):
    """Answers of articles that prefer losses of Ukraine: ``(1, B)``."""
    likely = np.where(crowd.targets["frame"][:, UKRAINE] > 0, odds, 1.0)
    drawn = np.random.default_rng(seed).choice(len(crowd), articles, p=likely / likely.sum())
    return np.bincount(space.answers(crowd.probabilities)[drawn], minlength=space.size)[None].astype(float)


def test_a_camp_full_of_another_label_does_not_look_full_of_this_one(losses, held_out, crowd):
    known, others = spilling(held_out), spilling(crowd)
    space = answer_space(losses, known)
    confusion = fit_confusion(space, known)
    true = true_classes(losses, others).mean()  # the labels are independent: no preference changes it
    counts = camp(space, others, odds=20, articles=1_000)
    alone = mixture_shares(counts, confusion.rates)[0, 1]
    assert abs(shares(counts, confusion, method="matching")[0, 1] - true) < 0.05 < 0.1 < alone - true


def test_few_articles_are_taken_to_be_made_up_like_held_out_passages(losses, held_out, crowd):
    known = spilling(held_out)
    space = answer_space(losses, known)
    confusion = fit_confusion(space, known)
    few = camp(space, spilling(crowd), odds=1, articles=4)
    assert shares(few, confusion)[0] == pytest.approx(mixture_shares(few, confusion.rates)[0], abs=0.06)


def test_contexts_are_the_other_labels_of_the_task_and_rare_ones_are_one(codebook, held_out, losses):
    context = context_of(losses, held_out)
    assert context.task == "frame" and context.numbers.tolist() == [1, 2, 3, 0, 4] and context.size == 5
    frame = held_out.targets["frame"].copy()
    frame[30:, :2] = 0
    rare = context_of(losses, dataclasses.replace(held_out, targets={**held_out.targets, "frame": frame}))
    assert rare.numbers.tolist() == [3, 3, 1, 0, 2]
    both = composite("x", [("stance", "pro_russia"), ("frame", "losses_russia")], codebook=codebook)
    assert context_of(both, held_out).size == context_of(questions_of(codebook)[0], held_out).size == 1


def test_the_labels_of_a_parent_are_no_context_of_it(codebook, held_out):
    parent = next(q for q in questions_of(codebook) if q.name == "frame.losses")
    assert context_of(parent, held_out).numbers[[UKRAINE, RUSSIA]].tolist() == [0, 0]


def test_rates_are_what_was_seen_where_much_was_seen():
    rng = np.random.default_rng(0)
    truth = rng.dirichlet(np.ones(12), size=(2, 3)).reshape(2, 3, 3, 4)
    assert state_rates(1e7 * truth) == pytest.approx(truth.reshape(2, 3, 12), abs=1e-3)


def test_a_state_without_passages_is_expected_from_class_and_context():
    context = np.array([[0.9, 0.1], [0.2, 0.8]])
    plain = np.array([[0.8, 0.2], [0.3, 0.7]])
    counts = 1e6 * context[None, :, :, None] * plain[:, None, None, :]
    expected = state_rates(counts)
    counts[1, 1] = 0
    assert state_rates(counts)[1, 1] == pytest.approx(expected[1, 1], abs=0.02)


def test_answers_that_no_mixture_gives_are_not_supported(losses, held_out, crowd):
    space = answer_space(losses, held_out)
    confusion = fit_confusion(space, held_out)
    for odds in (1, 20):
        assert is_supported(camp(space, crowd, odds=odds, articles=2_000)[0], confusion, method="matching")
    foreign = np.zeros(space.size)
    foreign[[2, 12, 22]] = 500  # always unsure, in every context
    assert not is_supported(foreign, confusion, method="matching")
    assert is_supported(foreign / 300, confusion, method="matching")  # five articles prove nothing
    assert is_supported(foreign, confusion, method="count")
