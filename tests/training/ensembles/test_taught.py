"""What a pupil learns from: half the labels, half the teachers, and the teachers alone where there is no label."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.training.data.splits import split_corpus
from narrashift.training.ensembles.taught import mean_probabilities, taught
from narrashift.training.ensembles.teachers import as_logits, unknown_texts, with_texts
from narrashift.training.measuring.calibration import fit_decision
from narrashift.training.measuring.evaluation import predictions


@pytest.fixture
def corpus(corpus_of):
    return corpus_of(
        [
            {"text": "a", "stance": "pro_russia", "frame": ["gains_russia"], "technique": []},
            {"text": "b", "stance": None, "frame": None, "technique": None},
        ]
    )


@pytest.fixture
def told(codebook):
    """Teachers that are sure of other labels than the passage's own."""
    found = {name: np.full((2, len(task.leaves)), 0.9) for name, task in codebook.tasks.items()}
    return found | {"stance": np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]])}


def test_a_label_has_half_and_so_the_last_word_however_sure_the_teachers_are(corpus, told):
    learned = taught(corpus, told).learned
    np.testing.assert_allclose(learned["stance"][0], [0.5, 0.5, 0.0], atol=2e-6)
    expected = 0.45 + 0.5 * corpus.targets["frame"][0]
    np.testing.assert_allclose(learned["frame"][0], expected)
    np.testing.assert_allclose(learned["technique"][0], 0.45)


def test_an_unlabelled_passage_is_learnt_as_the_teachers_see_it(corpus, told):
    learned = taught(corpus, told).learned
    for name, values in told.items():
        np.testing.assert_allclose(learned[name][1], values[1], atol=1e-6)


def test_the_labels_themselves_stay_what_is_measured_by(corpus, told):
    found = taught(corpus, told)
    assert {name: values.tolist() for name, values in found.targets.items()}.keys() == corpus.targets.keys()
    np.testing.assert_array_equal(found.labelled("stance"), [True, False])


def test_soft_labels_that_were_there_are_taught_as_such(corpus, told, codebook):
    votes = np.array([[0.2, 0.7, 0.1], [np.nan] * 3])
    softened = taught(type(corpus)(codebook, corpus.texts, corpus.targets, soft={"stance": votes}), told)
    np.testing.assert_allclose(softened.soft["stance"][0], [0.6, 0.35, 0.05], atol=2e-6)


def test_a_teacher_may_be_silent_on_a_passage(told, codebook):
    silent = {name: np.where([[True], [False]], np.nan, values * 0.5) for name, values in told.items()}
    mean = mean_probabilities([told, silent], codebook=codebook)
    np.testing.assert_allclose(mean["frame"][:, 0], [0.9, 0.675])


def test_logits_of_probabilities_give_them_back(codebook, small_corpus):
    rng = np.random.default_rng(0)
    sizes = {name: (len(small_corpus), len(task.leaves)) for name, task in codebook.tasks.items()}
    probs = {name: rng.uniform(0.01, 0.99, size) for name, size in sizes.items()}
    probs["stance"] /= probs["stance"].sum(axis=1, keepdims=True)
    logits = as_logits(probs, codebook=codebook)
    decision = fit_decision(logits, corpus=small_corpus)
    decision = decision.model_copy(
        update={"tasks": {n: t.model_copy(update={"temperature": 1.0}) for n, t in decision.tasks.items()}}
    )
    given = predictions(logits, decision=decision, codebook=codebook).probabilities
    for name, values in probs.items():
        np.testing.assert_allclose(given[name], values, atol=1e-6)


def test_unlabelled_passages_stand_behind_the_corpus_and_have_no_label(small_corpus):
    longer = with_texts(small_corpus, ["one", "two"])
    assert longer.texts[-2:] == ["one", "two"]
    assert all(not longer.labelled(name)[-2:].any() for name in longer.targets)
    assert len(longer.column("group")) == len(longer) == len(small_corpus) + 2
    assert longer.select(range(len(small_corpus))).digest == small_corpus.digest


def test_what_is_measured_on_is_not_learnt_from_a_dump(small_corpus):
    split = split_corpus(small_corpus)
    near = split.test.texts[0] + " !"
    texts = ["A passage about something else altogether, in words of its own.", near, split.validation.texts[3]]
    assert unknown_texts(texts, split=split) == texts[:1]
    assert unknown_texts([], split=split) == []
