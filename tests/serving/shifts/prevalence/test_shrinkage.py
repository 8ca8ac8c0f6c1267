"""Corrections are made as far as a source is unlike held-out passages, and doubted as much as they are not."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.serving.shifts.prevalence.answers import answer_space
from narrashift.serving.shifts.prevalence.articles import Articles
from narrashift.serving.shifts.prevalence.confusion import fit_confusion
from narrashift.serving.shifts.prevalence.difference import difference
from narrashift.serving.shifts.prevalence.influence import influences
from narrashift.serving.shifts.prevalence.intervals import share_intervals
from narrashift.serving.shifts.prevalence.quantify import shares, shrunk_shares, state_shares
from narrashift.serving.shifts.prevalence.questions import questions_of
from narrashift.serving.shifts.prevalence.shrinkage import HALFWAY, Shrunk, shrunk


@pytest.fixture(scope="module", params=["stance", "frame.losses"])
def confusion(request, codebook, held_out):
    question = next(q for q in questions_of(codebook) if q.name == request.param)
    return fit_confusion(answer_space(question, held_out), held_out)


def counts_at(confusion, share, *, articles=1_000):
    """What held-out passages let expect where the last class has this share and the others go as before: ``(1, B)``."""
    others = confusion.prior[:-1] / confusion.prior[:-1].sum() * (1 - share)
    return articles * np.append(others, share)[None] @ confusion.rates


def by_method(counts, confusion):
    return [shares(counts, confusion, method=method)[0] for method in ("count", "shrunk", "matching")]


def test_a_source_that_looks_like_held_out_passages_is_counted(confusion):
    counted, found, _ = by_method(counts_at(confusion, confusion.prior[-1]), confusion)
    assert found == pytest.approx(counted, abs=1e-12)


def test_the_farther_a_source_is_from_them_the_more_of_the_correction_is_made(confusion):
    parts = []
    for share in np.linspace(confusion.prior[-1] + 0.02, 1, 8):
        counted, found, matched = by_method(counts_at(confusion, share), confusion)
        assert (np.minimum(counted, matched) - 1e-9 <= found).all() and (
            found <= np.maximum(counted, matched) + 1e-9
        ).all()
        assert found.sum() == pytest.approx(1)
        parts.append((found - counted)[-1] / (matched - counted)[-1])
    assert np.all(np.diff(parts) >= 0) and parts[0] < 0.1 and parts[-1] > 0.7


def test_chance_is_no_distance(confusion):
    few, many = (counts_at(confusion, confusion.prior[-1] + 0.3, articles=n) for n in (4, 4_000))
    trusted = [shrunk_shares(state_shares(c, confusion), c, confusion).trust[0] for c in (few, many)]
    assert trusted[0] < trusted[1]


def test_halfway_is_where_half_is_made(confusion):
    decided = np.array([confusion.expected])
    decided[0, [0, -1]] += np.array([-1, 1]) * HALFWAY
    assert shrunk(decided, decided, confusion, articles=np.inf).trust == pytest.approx([0.5])


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_slopes_are_those_of_the_shares(confusion, share):
    counts = counts_at(confusion, share, articles=1.0)
    states = state_shares(1e9 * counts, confusion)
    found = influences(states, confusion, method="shrunk", articles=1e9)
    base = shares(1e9 * counts, confusion, method="shrunk")
    for answer in np.linspace(0, counts.shape[1] - 1, 4).astype(int):
        step = np.zeros_like(counts)
        step[0, answer] = 1e-3
        moved = shares(1e9 * (counts * (1 - 1e-3) + step), confusion, method="shrunk") - base
        expected = 1e-3 * (found.answers[0, :, answer] - found.answers[0] @ counts[0])
        assert moved[0] == pytest.approx(expected, abs=1e-4)


def test_intervals_reach_from_what_was_decided_to_the_whole_correction(confusion):
    counts = counts_at(confusion, 0.6).round().astype(int)
    answers = np.repeat(np.arange(counts.size), counts[0])
    whole = Articles(answers, np.arange(len(answers) + 1), np.array([0, len(answers)]))
    found = share_intervals(whole, confusion, method="shrunk")
    counted, _, matched = by_method(counts.astype(float), confusion)
    assert found.low[0, -1] <= min(counted[-1], matched[-1]) + 0.01
    assert found.high[0, -1] >= max(counted[-1], matched[-1]) - 0.01


def test_a_change_may_be_as_large_as_was_decided_or_as_corrected(confusion):
    before, after = (np.tile(counts_at(confusion, share, articles=60), (10, 1)) for share in (0.3, 0.7))
    found = difference(before, after, confusion, method="shrunk")
    for method in ("count", "matching"):
        change = difference(before, after, confusion, method=method).change[-1]
        assert found.low[-1] - 0.01 <= change <= found.high[-1] + 0.01
    assert found.low[-1] > 0


def test_what_is_doubted_more_is_doubted_in_the_same_replicates_too():
    own = Shrunk(np.zeros((3, 2)), np.ones((3, 2)), np.array([0.0, 0.25, 0.7]))
    right = own.doubts(200, seed=3) + own.trust[:, None]
    assert set(np.unique(right.round(9))) == {0.0, 1.0}
    assert right.mean(axis=1) == pytest.approx([0, 0.25, 0.7])
    assert (right[1] <= right[2]).all()
