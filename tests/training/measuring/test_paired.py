"""The paired test: equal models, better models, and how often it is wrong when there is nothing to find."""

from __future__ import annotations

import numpy as np
import pytest

import narrashift
from narrashift.training.measuring.evaluation import Predictions, measure, truth
from narrashift.training.measuring.paired import paired_differences

BOOK = narrashift.read_codebook()
STANCES = ("neutral", "pro_russia", "pro_ukraine")


def corpus_of(count, **columns):
    rows = [
        {"text": f"t{i}", "stance": STANCES[i % 3]} | {name: of(i) for name, of in columns.items()}
        for i in range(count)
    ]
    return narrashift.from_dataset(rows, codebook=BOOK)


def answering(corpus, right):
    """Predictions that are right where `right` says so."""
    probabilities, on = {}, {}
    for name, task in BOOK.tasks.items():
        true = truth(corpus, name)
        wrong = np.roll(true, 1, axis=1) if task.kind == "single" else ~true
        on[name] = np.where(np.asarray(right)[:, None], true, wrong)
        probabilities[name] = on[name].astype(float)
    return Predictions(probabilities=probabilities, on=on)


def test_a_model_differs_in_nothing_from_itself():
    corpus = corpus_of(90)
    model = answering(corpus, np.arange(90) % 4 > 0)
    differences = paired_differences(model, model, corpus=corpus)
    found = differences["accuracy/stance"]
    assert (found.value, found.lo, found.hi, found.p) == (0, 0, 0, 1.0)


def test_the_difference_is_that_of_the_two_measurements_and_changes_sign_with_their_order():
    corpus, rng = corpus_of(300), np.random.default_rng(0)
    good, bad = (answering(corpus, rng.random(300) < share) for share in (0.9, 0.7))
    one, other = paired_differences(good, bad, corpus=corpus), paired_differences(bad, good, corpus=corpus)
    for name in ("accuracy/stance", "macro_f1/stance"):
        expected = (
            measure(good, corpus=corpus, resamples=1).figures[name].value
            - measure(bad, corpus=corpus, resamples=1).figures[name].value
        )
        assert one[name].value == pytest.approx(expected)
        assert other[name].value == pytest.approx(-expected)
        assert one[name].p == other[name].p < 0.01
        assert one[name].lo > 0 > other[name].hi


def test_equally_good_models_are_seldom_called_different():
    """At 5 %, the paired test calls about 5 % of pairs of equal models different."""
    rng = np.random.default_rng(1)
    corpus = corpus_of(200)
    called = 0
    for seed in range(60):
        one, other = (answering(corpus, rng.random(200) < 0.8) for _ in range(2))
        called += paired_differences(one, other, corpus=corpus, resamples=200, seed=seed)["accuracy/stance"].p < 0.05
    assert called <= 8  # binomial(60, 0.05) exceeds 8 with a probability of 0.3 %


def test_models_that_err_on_the_same_passages_are_told_apart_by_fewer():
    """What pairing is for: the common difficulty of the passages cancels."""
    rng = np.random.default_rng(2)
    corpus = corpus_of(300)
    hard = rng.random(300) < 0.3
    better, worse = ~hard, ~hard & (rng.random(300) > 0.05)
    unrelated = rng.permutation(worse)
    paired = paired_differences(answering(corpus, better), answering(corpus, worse), corpus=corpus)["accuracy/stance"]
    apart = paired_differences(answering(corpus, better), answering(corpus, unrelated), corpus=corpus)[
        "accuracy/stance"
    ]
    assert paired.value == pytest.approx(apart.value)
    assert paired.hi - paired.lo < 0.5 * (apart.hi - apart.lo)
    assert paired.p < 0.01


def test_groups_are_drawn_whole():
    """One group that decides everything leaves the test unsure."""
    corpus = corpus_of(120, group=lambda i: "big" if i < 60 else f"g{i}")
    good, bad = answering(corpus, np.ones(120)), answering(corpus, np.arange(120) >= 60)
    alone = paired_differences(good, bad, corpus=corpus_of(120))["accuracy/stance"]
    grouped = paired_differences(good, bad, corpus=corpus)["accuracy/stance"]
    assert grouped.hi - grouped.lo > 2 * (alone.hi - alone.lo)


def test_what_is_undefined_has_no_difference():
    corpus = corpus_of(30)
    model = answering(corpus, np.ones(30))
    assert np.isnan(paired_differences(model, model, corpus=corpus)["macro_f1/stance"].value) is np.False_
    assert "macro_f1/frame" not in paired_differences(model, model, corpus=corpus)
