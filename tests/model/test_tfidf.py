from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from narrashift.model.codebook import Codebook, Label, Task
from narrashift.model.tfidf import TfidfClassifier, fit_tfidf

TEXTS = ["our army advanced", "our army won", "the enemy fled", "the enemy lost", "rain and wind", "wind and rain"] * 3
SIDE = np.array([0, 0, 1, 1, 2, 2] * 3)
NAN = np.nan


def codebook(**leaves: str) -> Codebook:
    return Codebook(
        name="own",
        version="1",
        tasks={
            name: Task(
                kind="single" if name == "side" else "multi", labels={x: Label(means=x) for x in letters.split()}
            )
            for name, letters in leaves.items()
        },
    )


def fit(side: np.ndarray, texts: list[str] = TEXTS) -> TfidfClassifier:
    return fit_tfidf(texts, targets={"side": side}, codebook=codebook(side="a b c"))


def fit_multi(about: np.ndarray, texts: list[str] = TEXTS) -> TfidfClassifier:
    return fit_tfidf(texts, targets={"about": about}, codebook=codebook(about="x y z"))


def test_a_single_task_is_learned():
    logits = fit(SIDE).logits(["our army", "enemy", "wind"]).tasks["side"]
    assert logits.dtype == np.float32
    assert logits.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_multi_task_is_learned_label_by_label():
    about = np.stack([SIDE == 0, SIDE != 2, SIDE == 2], axis=1).astype(float)
    on = fit_multi(about).logits(["our army", "enemy", "wind"]).tasks["about"] > 0
    assert on.tolist() == [[True, True, False], [False, True, False], [False, False, True]]


@pytest.mark.parametrize(("seen", "unseen"), [((0, 1), 2), ((0, 2), 1), ((1, 2), 0)])
def test_of_two_labels_seen_each_is_found_and_the_third_is_rare(seen, unseen):
    rows = [i for i, side in enumerate(SIDE) if side in seen]
    logits = fit(SIDE[rows], [TEXTS[i] for i in rows]).logits(TEXTS[:6]).tasks["side"]
    expected = [side if side in seen else None for side in SIDE[:6]]
    assert all(logits[i].argmax() == side for i, side in enumerate(expected) if side is not None)
    probabilities = softmax(logits, axis=1)[:, unseen]
    assert ((probabilities > 0) & (probabilities < 0.1)).all()


def test_two_labels_seen_are_weighed_as_by_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    rows = SIDE < 2
    texts = [text for text, row in zip(TEXTS, rows, strict=True) if row]
    classifier = fit(SIDE[rows], texts)
    matrix = classifier.features.transform(texts)
    expected = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1_000).fit(matrix, SIDE[rows])
    found = softmax(classifier.logits(texts).tasks["side"][:, :2], axis=1)
    np.testing.assert_allclose(found, expected.predict_proba(matrix), atol=1e-5)


def test_one_label_seen_is_always_the_most_probable():
    probabilities = softmax(fit(np.full(18, 1)).logits(TEXTS).tasks["side"], axis=1)
    # against a bias of 0 stand two of log(1 / 19)
    np.testing.assert_allclose(probabilities, np.tile([1 / 21, 19 / 21, 1 / 21], (18, 1)), atol=1e-6)


def test_a_label_never_seen_is_improbable_and_one_always_seen_probable():
    about = np.stack([SIDE == 0, np.zeros(18), np.ones(18)], axis=1).astype(float)
    probabilities = expit(fit_multi(about).logits(TEXTS).tasks["about"])
    np.testing.assert_allclose(probabilities[:, 1], 1 / 20, atol=1e-6)
    np.testing.assert_allclose(probabilities[:, 2], 19 / 20, atol=1e-6)
    assert np.ptp(probabilities[:, 0]) > 0.5


def test_passages_without_a_label_are_left_out():
    side = SIDE.copy()
    side[6:] = -1
    about = np.stack([SIDE == 0, SIDE == 1, SIDE == 2], axis=1).astype(float)
    about[6:] = NAN
    texts = TEXTS[:6] + ["the enemy our rain"] * 12
    assert fit(side, texts).logits(TEXTS[:6]).tasks["side"].argmax(axis=1).tolist() == SIDE[:6].tolist()
    assert (fit_multi(about, texts).logits(TEXTS[:6]).tasks["about"] > 0).tolist() == about[:6].astype(bool).tolist()


def test_a_task_that_nobody_labelled_says_nothing():
    assert fit(np.full(18, -1)).logits(TEXTS).tasks["side"].tolist() == [[0.0] * 3] * 18
    assert fit_multi(np.full((18, 3), NAN)).logits(TEXTS).tasks["about"].tolist() == [[0.0] * 3] * 18


def test_the_same_passages_give_the_same_model():
    assert np.array_equal(fit(SIDE).logits(TEXTS).tasks["side"], fit(SIDE).logits(TEXTS).tasks["side"])


def test_logits_do_not_depend_on_what_else_is_asked():
    classifier = fit(SIDE)
    together = classifier.logits(TEXTS).tasks["side"]
    alone = np.concatenate([classifier.logits([text]).tasks["side"] for text in TEXTS])
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_texts_of_any_length_are_read_whole():
    classifier = fit(SIDE)
    logits = classifier.logits(["neither nor " * 5_000 + "our army advanced"])
    assert classifier.max_tokens is None
    assert not logits.truncated.any()
    assert logits.tasks["side"].argmax() == 0
    assert classifier.count_tokens(["our army", ""]).tolist() == [2, 0]


def test_no_text_has_no_logits():
    logits = fit(SIDE).logits([])
    assert logits.tasks["side"].shape == (0, 3)
    assert logits.truncated.shape == (0,)


def test_progress_counts_every_text_once():
    done: list[int] = []
    fit(SIDE).logits(TEXTS, tick=done.append)
    assert sum(done) == 18


@pytest.mark.parametrize(
    "texts",
    [["one"], ["one", "one two"], ["one two", "three four"], ["!", "?"], ["a", "b"], ["я", "и"]],
    ids=str,
)
def test_very_little_text_is_enough_to_fit(texts):
    logits = fit(np.arange(len(texts)), texts).logits(texts).tasks["side"]
    assert logits.shape == (len(texts), 3)
    assert np.isfinite(logits).all()
