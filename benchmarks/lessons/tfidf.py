"""The linear peer: words and pairs of words, logistic regression, everything chosen by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from .lesson import Label, Lesson, best_threshold
from .score import score

STRENGTHS = (1.0, 10.0, 100.0)
BALANCES = (None, "balanced")


def tfidf(lesson: Lesson) -> Label:
    """TF-IDF and one logistic regression a label; C, class weights and threshold by 3-fold cross-validation."""
    truth, texts = lesson.on(lesson.train), np.array(lesson.train.texts, dtype=object)
    parts = []
    for learnt, other in KFold(3, shuffle=True, random_state=lesson.seed).split(texts):
        words = _vectorizer().fit(texts[learnt])
        parts.append((words.transform(texts[learnt]), truth[learnt], words.transform(texts[other]), other))
    choices = []
    for c in STRENGTHS:
        for balance in BALANCES:
            found = np.zeros(truth.shape)
            for seen, labels, unseen, other in parts:
                found[other] = _probabilities(seen, labels, unseen, c=c, balance=balance)
            threshold = best_threshold(found, truth, lesson.metric) if lesson.multi else 0.5
            on = lesson.decided(found, threshold=threshold)
            choices.append((float(score(truth, on, metric=lesson.metric)[0]), c, balance, threshold))
    _, c, balance, threshold = max(choices, key=lambda choice: choice[0])
    words = _vectorizer()
    matrix = words.fit_transform(texts)

    def label(asked: Sequence[str]) -> np.ndarray:
        found = _probabilities(matrix, truth, words.transform(asked), c=c, balance=balance)
        return lesson.decided(found, threshold=threshold)

    return label


def _vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def _probabilities(
    seen: csr_matrix, truth: np.ndarray, unseen: csr_matrix, *, c: float, balance: str | None
) -> np.ndarray:
    """``(unseen, leaves)``; a label that no or every passage has keeps that share."""
    found = np.tile(truth.mean(axis=0), (unseen.shape[0], 1))
    for leaf, column in enumerate(truth.T):
        if 0 < column.sum() < len(column):
            regression = LogisticRegression(C=c, class_weight=balance, solver="liblinear", max_iter=1_000)
            found[:, leaf] = regression.fit(seen, column).predict_proba(unseen)[:, 1]
    return found
