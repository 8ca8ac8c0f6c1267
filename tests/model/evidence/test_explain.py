from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from narrashift.model.classifier import Logits
from narrashift.model.evidence.explain import Explainer
from narrashift.model.evidence.occlusion import OcclusionWeights
from narrashift.model.evidence.words import without
from narrashift.model.tfidf import fit_tfidf


def named(evidence, text):
    return [text[slice(*evidence.words[index])].lower() for index in evidence.chosen]


def test_the_planted_words_are_the_evidence(planted, sentence):
    texts = [
        sentence(*words, seed=seed)
        for seed in range(200, 208)
        for words in (("bridge",), ("bridge", "town"), ("village",))
    ]
    hits, sought = 0, 0
    for text, found in zip(texts, planted.explain(texts), strict=True):
        for evidence in found:
            word = {"one": "bridge", "town": "town", "village": "village"}.get(evidence.label)
            if word and word in text.lower():
                sought += 1
                hits += named(evidence, text) == [word] and evidence.decisive
    assert sought >= 24 and hits >= 0.9 * sought


def test_without_decisive_evidence_the_label_is_not_decided(planted, sentence):
    texts = [sentence("bridge", "town", "town", seed=seed) for seed in range(300, 306)]
    checked = 0
    for text, found in zip(texts, planted.explain(texts), strict=True):
        for evidence in (own for own in found if own.decisive):
            task = planted.codebook.tasks[evidence.task]
            reduced = without(text, [evidence.words[index] for index in evidence.chosen])
            logits = planted.classifier.logits([reduced]).tasks[evidence.task][0]
            leaf = task.leaves.index(evidence.label)
            assert not (logits.argmax() == leaf if task.kind == "single" else logits[leaf] >= 0)
            checked += 1
    assert checked > 10


def test_every_decided_leaf_has_its_evidence_in_the_order_of_the_codebook(planted, sentence):
    [found] = planted.explain([sentence("bridge", "town", "village", seed=5)])
    assert [(evidence.task, evidence.label) for evidence in found] == [
        ("side", "one"), ("topic", "town"), ("topic", "village"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Bridge", "town!", "...", "🇺🇦", "е\u0301"])
def test_the_shortest_texts_are_explained(planted, text):
    [found] = planted.explain([text])
    assert found and all(set(evidence.chosen) <= set(range(len(evidence.words))) for evidence in found)


def test_texts_that_repeat_are_explained_once_and_alike(planted, sentence):
    text, ticked = sentence("bridge", seed=6), []
    counting = Counting(planted.classifier)
    explainer = Explainer(planted.weigh, counting, codebook=planted.codebook, decision=planted.decision)
    texts = [text, "Other day.", text, text]
    found = explainer.explain(texts, planted.classifier.logits(texts).tasks, tick=ticked.append)
    assert found[0] is found[2] is found[3] and found[0] is not found[1]
    asked = len(counting.texts)
    explainer.explain(texts[:2], planted.classifier.logits(texts[:2]).tasks)
    assert len(counting.texts) == 2 * asked
    assert sum(ticked) == 4


def test_nothing_to_explain_is_no_trouble(planted):
    assert planted.explain([]) == []


def test_a_bundle_of_counted_words_is_explained_by_leaving_words_out(planted, sentence):
    words = ("bridge", "town", "village")
    on = np.array([[i >> bit & 1 for bit in range(3)] for i in range(96)])
    texts = [sentence(*(w for w, yes in zip(words, row, strict=True) if yes), seed=i) for i, row in enumerate(on)]
    targets = {"side": 1 - on[:, 0], "topic": on[:, 1:].astype(float)}
    classifier = fit_tfidf(texts, targets=targets, codebook=planted.codebook)
    weigh = OcclusionWeights(classifier, decision=planted.decision)
    explainer = Explainer(weigh, classifier, codebook=planted.codebook, decision=planted.decision)
    text = sentence("bridge", "village", seed=400)
    [found] = explainer.explain([text], classifier.logits([text]).tasks)
    assert [(evidence.label, named(evidence, text)) for evidence in found] == [
        ("one", ["bridge"]), ("village", ["village"]),
    ]  # fmt: skip


@dataclass
class Counting:
    """Keeps what it is asked."""

    classifier: object
    texts: list[str] = field(default_factory=list)

    def logits(self, texts, *, tick=None) -> Logits:
        self.texts += texts
        return self.classifier.logits(texts)
