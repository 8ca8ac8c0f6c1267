from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import narrashift
from narrashift.model.decision import all_probabilities

TEXTS = ["Our army has taken the town.", "They lie about our losses!", "word " * 300]


@pytest.fixture(scope="module")
def predictor(tiny_bundle) -> narrashift.Predictor:
    return narrashift.load(tiny_bundle)


@pytest.fixture(scope="module", params=[".", "tfidf"], ids=["transformer", "tfidf"])
def either(request, tiny_bundle) -> narrashift.Predictor:
    return narrashift.load(tiny_bundle / request.param)


def test_a_text_gets_a_label_in_a_single_task_and_a_list_in_a_multi_task(either, codebook):
    for prediction, text in zip(either.predict(TEXTS), TEXTS, strict=True):
        assert prediction.text == text
        assert prediction["stance"] in codebook.tasks["stance"].leaves
        assert set(prediction["frame"]) <= set(codebook.tasks["frame"].labels)
        assert prediction.labels.keys() == codebook.tasks.keys()


def test_probabilities_are_those_of_the_logits_and_the_decision(either, codebook):
    logits = either.classifier.logits(TEXTS).tasks
    expected = all_probabilities(logits, codebook=codebook, decision=either.bundle.decision)
    for i, prediction in enumerate(either.predict(TEXTS)):
        for name, task in codebook.tasks.items():
            found = [prediction.probabilities[name][leaf] for leaf in task.leaves]
            np.testing.assert_allclose(found, expected[name][i], atol=1e-6)


def test_every_label_has_a_probability_and_a_parent_that_of_its_likeliest_child(either, codebook):
    for prediction in either.predict(TEXTS):
        assert sum(prediction.probabilities["stance"].values()) == pytest.approx(1)
        for name, task in codebook.tasks.items():
            found = prediction.probabilities[name]
            assert found.keys() == task.labels.keys()
            for parent, children in task.parents.items():
                assert found[parent] == max(found[child] for child in children)


def test_decided_labels_follow_from_the_probabilities(either, codebook):
    for prediction in either.predict(TEXTS):
        stance, offsets = prediction.probabilities["stance"], either.bundle.decision.tasks["stance"].offsets
        assert prediction["stance"] == max(stance, key=lambda label: np.log(stance[label]) + offsets.get(label, 0.0))
        for name in ("frame", "technique"):
            thresholds = either.bundle.decision.tasks[name].thresholds
            on = [leaf for leaf, at in thresholds.items() if prediction.probabilities[name][leaf] >= at]
            assert prediction[name] == codebook.tasks[name].closed(on)


def test_truncation_is_reported_by_the_model_that_cuts(tiny_bundle, predictor):
    assert [p.truncated for p in predictor.predict(TEXTS)] == [False, False, True]
    assert not any(p.truncated for p in narrashift.load(tiny_bundle / "tfidf").predict(TEXTS))


def test_predictions_come_in_the_order_of_the_texts(predictor):
    forwards, backwards = predictor.predict(TEXTS), predictor.predict(TEXTS[::-1])
    assert [p.text for p in backwards] == TEXTS[::-1]
    for one, other in zip(forwards, backwards[::-1], strict=True):
        assert one.probabilities["stance"] == pytest.approx(other.probabilities["stance"], abs=1e-4)


def test_no_texts_have_no_predictions(either):
    assert either.predict([]) == []


@pytest.mark.parametrize("container", [tuple, pd.Series, np.array, iter], ids=["tuple", "Series", "array", "iterator"])
def test_texts_may_come_in_any_container(predictor, container):
    assert [p.text for p in predictor.predict(container(TEXTS))] == TEXTS


@pytest.mark.parametrize("wrong", [None, "", " \n", 3, float("nan"), ["nested"], b"bytes"], ids=repr)
def test_what_is_no_text_is_refused_with_its_place(either, refusal, wrong):
    refusal(lambda: either.predict(["a text", wrong]), "text 1")


def test_half_a_character_is_refused_with_its_place(either, refusal):
    refusal(lambda: either.predict(["a text", "half a character \ud800"]), "text 1")


def test_a_string_in_the_place_of_a_list_is_refused_with_the_way_out(either, refusal):
    refusal(lambda: either.predict("a text"), "predict([text])")


def test_a_prediction_cannot_be_changed(predictor):
    with pytest.raises(AttributeError):
        predictor.predict(["a"])[0].text = "b"


def test_loading_what_is_no_bundle_is_refused(tmp_path, refusal):
    refusal(lambda: narrashift.load(tmp_path / "absent"), "absent")


def test_nothing_is_left_undecided_by_a_bundle_that_does_not_know_its_risks(without_risks, refusal):
    old = narrashift.load(without_risks)
    refusal(lambda: old.predict(TEXTS, abstain=0.1), "decision.json", "Train it again")
    assert None not in old.predict(TEXTS)[0].labels.values()


def test_the_evidence_of_each_decided_leaf_is_given_where_it_is_asked_for(tiny_bundle):
    texts = ["Our troops retook the village.", "The ministry denies it."]
    predictor = narrashift.load(tiny_bundle)
    plain, explained = predictor.predict(texts), predictor.predict(texts, evidence=True)
    for text, before, after in zip(texts, plain, explained, strict=True):
        assert before.evidence is None and before.labels == after.labels
        assert after.evidence[0].label == after["stance"]
        for own in after.evidence:
            weights = [weight for _, _, weight in own.carrying]
            assert weights == sorted(weights, reverse=True) and all(weight > 0 for weight in weights)
            assert all(text[start:end].isalpha() for start, end, _ in own.carrying)
