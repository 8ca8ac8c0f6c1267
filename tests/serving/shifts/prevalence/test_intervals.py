"""Intervals that hold what they promise, of shares and of their changes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from narrashift.serving.shifts.prevalence.answers import answer_space
from narrashift.serving.shifts.prevalence.articles import Articles
from narrashift.serving.shifts.prevalence.confusion import fit_confusion
from narrashift.serving.shifts.prevalence.difference import difference
from narrashift.serving.shifts.prevalence.influence import influences
from narrashift.serving.shifts.prevalence.intervals import share_intervals
from narrashift.serving.shifts.prevalence.quantify import METHODS, mixture_rates, shares
from narrashift.serving.shifts.prevalence.questions import questions_of, true_classes


@pytest.fixture(scope="module")
def frame(codebook):
    return next(q for q in questions_of(codebook) if q.name == "frame.losses_russia")


@pytest.fixture(scope="module")
def stance(codebook):
    return questions_of(codebook)[0]


def cells_of(question, space, crowd, *, share, articles, cells, seed=0):
    """Single-passage articles, each of the last class with this probability."""
    rng = np.random.default_rng(seed)
    true, answers = true_classes(question, crowd), space.answers(crowd.probabilities).astype(np.int64)
    classes = len(question.classes)
    drawn = rng.choice(classes, articles * cells, p=[*np.full(classes - 1, (1 - share) / (classes - 1)), share])
    own = np.empty(len(drawn), dtype=np.int64)
    for k in range(classes):
        own[drawn == k] = answers[rng.choice(np.flatnonzero(true == k), (drawn == k).sum())]
    return Articles(own, np.arange(len(own) + 1), np.arange(cells + 1) * articles)


@pytest.mark.parametrize("articles", [5, 50])
@pytest.mark.parametrize("asked", ["frame", "stance"])
def test_intervals_of_shares_cover_the_truth(asked, articles, draw_held_out, crowd, request):
    question = request.getfixturevalue(asked)
    covered = []
    for seed in range(8):
        held_out = draw_held_out(600, seed=100 + seed)
        space = answer_space(question, held_out)
        confusion = fit_confusion(space, held_out, seed=seed)
        for share in (0.1, 0.3, 0.6):
            dump = cells_of(question, space, crowd, share=share, articles=articles, cells=100, seed=seed)
            found = share_intervals(dump, confusion, method="matching", seed=seed)
            covered.append(((found.low <= share) & (share <= found.high))[:, -1].mean())
    assert 0.90 <= np.mean(covered) <= 0.985, covered


def test_most_intervals_come_from_articles_where_there_are_few(frame, draw_held_out, held_out, crowd):
    space = answer_space(frame, held_out)
    well, badly = (fit_confusion(space, each) for each in (held_out, draw_held_out(60, seed=5)))
    widths = {
        (name, n): np.subtract(*(getattr(found, end).mean() for end in ("high", "low")))
        for name, confusion in (("well", well), ("badly", badly))
        for n in (20, 2_000)
        for dump in [cells_of(frame, space, crowd, share=0.3, articles=n, cells=20)]
        for found in [share_intervals(dump, confusion, method="matching")]
    }
    assert widths["well", 2_000] < widths["well", 20] / 4
    assert widths["badly", 2_000] > 2 * widths["well", 2_000]


def test_an_article_counts_once_however_many_passages_it_has(frame, held_out, crowd):
    space = answer_space(frame, held_out)
    confusion = fit_confusion(space, held_out)
    single = cells_of(frame, space, crowd, share=0.3, articles=30, cells=3)
    threefold = Articles(np.repeat(single.answers, 3), 3 * single.articles, single.cells)
    one, three = (share_intervals(each, confusion) for each in (single, threefold))
    for end in ("shares", "low", "high"):
        assert getattr(three, end) == pytest.approx(getattr(one, end), abs=1e-5)


def test_passages_of_an_article_share_it():
    dump = Articles(np.array([0, 1, 1, 1, 2]), np.array([0, 4, 5]), np.array([0, 1, 1, 2]))
    assert dump.counts(3).tolist() == [[0.25, 0.75, 0], [0, 0, 0], [0, 0, 1]]
    assert dump.means(np.array([[1.0, 2.0, 5.0]])).tolist() == [1.75, 5.0]
    assert dump.means(np.array([[1.0, 2, 5], [0, 0, 0], [7, 8, 9]])).tolist() == [1.75, 9.0]


def test_a_cell_without_articles_has_no_interval(stance, held_out):
    space = answer_space(stance, held_out)
    found = share_intervals(
        Articles(np.array([0, 14]), np.arange(3), np.array([0, 1, 1, 2])), fit_confusion(space, held_out)
    )
    assert np.isnan(found.low[1]).all() and np.isnan(found.shares[1]).all()
    assert (found.low[[0, 2]] <= found.shares[[0, 2]]).all() and (found.shares[[0, 2]] <= found.high[[0, 2]]).all()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_intervals_around_its_estimates(method, stance, held_out, crowd):
    space = answer_space(stance, held_out)
    confusion = fit_confusion(space, held_out)
    dump = cells_of(stance, space, crowd, share=0.4, articles=40, cells=20)
    found = share_intervals(dump, confusion, method=method)
    assert found.shares == pytest.approx(shares(dump.counts(space.size), confusion, method=method))
    width = (found.high - found.low).mean()
    assert 0.1 < width < 0.6


@pytest.mark.parametrize("method", METHODS)
def test_influences_are_the_slopes_of_the_shares(method, stance, held_out):
    space = answer_space(stance, held_out)
    confusion = fit_confusion(space, held_out)
    counts = np.array([[0.3, 0.3, 0.4]]) @ (
        mixture_rates(confusion, method="em") if method == "em" else confusion.rates
    )
    counts /= counts.sum()
    base = shares(counts, confusion, method=method)
    slopes = influences(base, confusion, method=method).answers[0]
    for answer in (0, 7, 17):
        step = np.zeros_like(counts)
        step[0, answer] = 1e-3
        moved = shares((counts * (1 - 1e-3)) + step, confusion, method=method) - base
        expected = 1e-3 * (slopes[:, answer] - slopes @ counts[0])
        assert moved[0] == pytest.approx(expected, abs=6e-5), (method, answer)


@pytest.mark.parametrize(("periods", "articles"), [(3, 30), (12, 30)])
def test_intervals_of_changes_cover_the_truth(periods, articles, frame, draw_held_out, crowd):
    covered = []
    for seed in range(60):
        if seed % 6 == 0:
            held_out = draw_held_out(600, seed=200 + seed)
            space = answer_space(frame, held_out)
            confusion = fit_confusion(space, held_out, seed=seed)
        options = {"articles": articles, "cells": periods}
        before = cells_of(frame, space, crowd, share=0.2, seed=seed, **options).counts(space.size)
        after = cells_of(frame, space, crowd, share=0.45, seed=seed + 1_000, **options).counts(space.size)
        found = difference(before, after, confusion, method="matching", seed=seed)
        assert found.low[1] <= found.change[1] <= found.high[1]
        covered.append(found.low[1] <= 0.25 <= found.high[1])
    assert 0.85 <= np.mean(covered) <= 0.999


def test_weeks_that_sway_widen_the_interval_of_a_change(frame, held_out, crowd):
    space = answer_space(frame, held_out)
    confusion = fit_confusion(space, held_out)
    rng = np.random.default_rng(0)
    week = [cells_of(frame, space, crowd, share=s, articles=50, cells=1, seed=i) for i, s in
            enumerate(np.clip(rng.normal(0.3, 0.2, 24), 0, 1))]  # fmt: skip
    swaying = np.concatenate([each.counts(space.size) for each in week])
    calm = np.repeat(swaying.mean(axis=0, keepdims=True), 24, axis=0)
    wide, narrow = (difference(each[:12], each[12:], confusion) for each in (swaying, calm))
    assert wide.high[1] - wide.low[1] > 0.1 > narrow.high[1] - narrow.low[1]


def test_a_change_backwards_is_the_same_with_another_sign(stance, held_out, crowd):
    space = answer_space(stance, held_out)
    confusion = fit_confusion(space, held_out)
    a, b = (cells_of(stance, space, crowd, share=s, articles=40, cells=8).counts(space.size) for s in (0.2, 0.5))
    there, back = difference(a, b, confusion), difference(b, a, confusion)
    assert back.change == pytest.approx(-there.change)
    assert there.change.sum() == pytest.approx(0, abs=1e-6) and there.low[2] > 0


def test_a_stretch_without_articles_has_no_change(frame, held_out):
    space = answer_space(frame, held_out)
    found = difference(np.zeros((4, space.size)), np.ones((4, space.size)), fit_confusion(space, held_out))
    assert np.isnan(found.change).all() and np.isnan(found.low).all()


def test_confusions_that_are_sure_leave_only_the_articles(frame, held_out, crowd):
    space = answer_space(frame, held_out)
    confusion = fit_confusion(space, held_out)
    sure = dataclasses.replace(confusion, resampled=confusion.states[None])
    dump = cells_of(frame, space, crowd, share=0.9, articles=2_000, cells=4)
    doubtful, certain = (share_intervals(dump, each, method="matching") for each in (confusion, sure))
    assert (doubtful.high - doubtful.low).mean() > 1.2 * (certain.high - certain.low).mean()
