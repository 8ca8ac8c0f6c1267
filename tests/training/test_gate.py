"""The gate: who may become the champion, and what is said of who may not."""

from __future__ import annotations

import numpy as np
import pytest

import narrashift
from narrashift.training.gate import gate
from narrashift.training.measuring.evaluation import Predictions, truth

BOOK = narrashift.read_codebook()
STANCES = ("neutral", "pro_russia", "pro_ukraine")


@pytest.fixture(scope="module")
def corpus():
    rows = [
        {"text": f"t{i}", "stance": STANCES[i % 3], "frame": ["gains_russia"] if i % 5 == 0 else [], "technique": []}
        for i in range(300)
    ]
    return narrashift.from_dataset(rows, codebook=BOOK)


def answering(corpus, wrong):
    """Right but on `wrong`: task -> passages."""
    on = {}
    for name, task in BOOK.tasks.items():
        true, off = truth(corpus, name), np.isin(np.arange(len(corpus)), wrong.get(name, []))[:, None]
        on[name] = np.where(off, np.roll(true, 1, axis=1) if task.kind == "single" else False, true)
    return Predictions(probabilities={name: values.astype(float) for name, values in on.items()}, on=on)


EVERY_TENTH = list(range(0, 300, 10))


def test_an_equal_model_and_a_better_one_pass(corpus):
    champion = answering(corpus, {"stance": EVERY_TENTH})
    assert gate(champion, champion, corpus=corpus, resamples=100).open
    better = gate(answering(corpus, {}), champion, corpus=corpus, resamples=100)
    assert better.open and better.overall.value > 0 and better.reasons == ()


def test_a_model_that_is_surely_worse_overall_is_stopped_with_the_figure(corpus):
    verdict = gate(answering(corpus, {"stance": EVERY_TENTH}), answering(corpus, {}), corpus=corpus, margin=0.9)
    assert not verdict.open
    assert verdict.reasons[0].startswith("it is worse overall: mean macro-F1 -0.0")


def test_a_model_that_is_worse_by_chance_at_most_passes(corpus):
    verdict = gate(answering(corpus, {"stance": [0, 30]}), answering(corpus, {"stance": [5]}), corpus=corpus)
    assert verdict.overall.value < 0
    assert verdict.open


def test_a_better_model_that_gives_up_a_label_is_stopped(corpus):
    champion = answering(corpus, {"stance": list(range(0, 300, 2))})
    verdict = gate(answering(corpus, {"frame": list(range(0, 300, 15))}), champion, corpus=corpus)
    assert verdict.overall.value > 0
    [reason] = verdict.reasons
    assert reason.startswith("frame gains_russia loses more than 0.05 of F1: -0.")
    assert gate(answering(corpus, {"frame": list(range(0, 300, 15))}), champion, corpus=corpus, margin=0.5).open


def test_a_label_with_few_passages_stops_nobody(corpus):
    rows = [{"text": f"t{i}", "stance": STANCES[i % 3], "frame": ["gains_russia"] if i < 9 else []} for i in range(300)]
    few = narrashift.from_dataset(rows, codebook=BOOK)
    champion = answering(few, {"stance": list(range(0, 300, 2))})
    assert gate(answering(few, {"frame": [0, 1, 2]}), champion, corpus=few).open
