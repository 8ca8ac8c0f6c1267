"""Weighing votes: on simulated voters whose quality and dependence are known."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.training.labelling.combine import combine, effective
from narrashift.training.labelling.votes import SILENT, Question, Votes

BINARY = Question("frame", "gains", ("off", "on"))
SHARES = np.array([0.8, 0.2])


def speaks_for_on(truth, *, recall, false, rng, name="f", believed=0.75):
    """A function that speaks on a share of the passages where the label is on, and on some where it is off."""
    spoke = rng.random(len(truth)) < np.where(truth == 1, recall, false)
    worth = np.array([[1 - believed, believed]])
    return Votes(name, BINARY, np.where(spoke, 0, SILENT), worth)


def says_everywhere(truth, *, accuracy, rng, name="g"):
    right = rng.random(len(truth)) < accuracy
    return Votes(name, BINARY, np.where(right, truth, 1 - truth), np.tile(SHARES, (2, 1)), graded=True, belief=0.02)


def log_loss(probabilities, truth):
    return -np.log(probabilities[np.arange(len(truth)), truth]).mean()


@pytest.fixture
def truth():
    return (np.random.default_rng(0).random(6_000) < SHARES[1]).astype(int)


def test_a_voter_of_whom_nothing_is_believed_is_learned_from_the_others(truth):
    rng = np.random.default_rng(1)
    functions = [speaks_for_on(truth, recall=0.2, false=0.012, rng=rng, name=str(i)) for i in range(4)]
    contrary = says_everywhere(truth, accuracy=0.2, rng=rng)  # it says the opposite four times out of five
    found = combine([*functions, contrary], shares=SHARES)
    said_on = truth[contrary.said == 1].mean()
    assert found.worth[-1][1, 1] == pytest.approx(said_on, abs=0.05)
    assert found.worth[-1][0, 1] > 2 * found.worth[-1][1, 1]


def test_together_they_know_more_than_any_of_them_alone(truth):
    rng = np.random.default_rng(2)
    functions = [speaks_for_on(truth, recall=0.2, false=0.012, rng=rng, name=str(i)) for i in range(4)]
    everywhere = says_everywhere(truth, accuracy=0.8, rng=rng)
    together = log_loss(combine([*functions, everywhere], shares=SHARES).probabilities, truth)
    alone = [log_loss(combine([one], shares=SHARES).probabilities, truth) for one in (*functions, everywhere)]
    assert together < min(alone) - 0.05


def test_a_voter_that_others_contradict_is_believed_less():
    shares = np.array([0.5, 0.5])
    rng = np.random.default_rng(3)
    truth = rng.integers(2, size=4_000)

    def for_class(meant, accuracy, name):
        spoke = rng.random(len(truth)) < np.where(truth == meant, 0.4 * accuracy, 0.4 * (1 - accuracy))
        worth = np.array([[0.75, 0.25]]) if meant == 0 else np.array([[0.25, 0.75]])
        return Votes(name, Question("stance", None, ("a", "b")), np.where(spoke, 0, SILENT), worth)

    good = [for_class(meant, 0.95, f"{meant}{i}") for meant in (0, 1) for i in range(3)]
    found = combine([*good, for_class(1, 0.5, "guesses")], shares=shares)
    assert found.worth[-1][0, 1] < 0.7
    assert min(known[0].max() for known in found.worth[:-1]) > 0.78


def test_copies_of_one_voter_weigh_as_one(truth):
    rng = np.random.default_rng(4)
    one = speaks_for_on(truth, recall=0.3, false=0.05, rng=rng)
    other = speaks_for_on(truth, recall=0.3, false=0.05, rng=rng)
    copies = combine([one, one, one, other], shares=SHARES)
    apart = combine([one, other], shares=SHARES)
    assert copies.correlations[0, 1] > 0.95
    assert copies.weights[:3] == pytest.approx(1 / 3, abs=0.06)
    assert np.abs(copies.probabilities - apart.probabilities).max() < 0.12


def test_independent_voters_keep_their_weight():
    assert effective(np.eye(5)) == pytest.approx(1.0)


def test_a_lone_function_stays_at_what_was_believed(truth):
    rng = np.random.default_rng(5)
    found = combine([speaks_for_on(truth, recall=0.3, false=0.05, rng=rng)], shares=SHARES)
    assert found.worth[0][0, 1] == pytest.approx(0.75, abs=0.02)
    assert found.probabilities.mean(axis=0) == pytest.approx(SHARES, abs=0.02)


def test_probabilities_are_probabilities_whoever_votes(truth):
    silent = Votes("silent", BINARY, np.full(len(truth), SILENT), np.array([[0.25, 0.75]]))
    always = Votes("always", BINARY, np.zeros(len(truth), int), np.array([[0.25, 0.75]]))
    found = combine([silent, always], shares=SHARES)
    assert np.isfinite(found.probabilities).all()
    assert found.probabilities.sum(axis=1) == pytest.approx(1.0)
    assert found.probabilities.mean(axis=0) == pytest.approx(SHARES, abs=0.05)
