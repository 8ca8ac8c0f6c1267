"""Codebooks of one's own: one task, single or multi, instead of the default three."""

from __future__ import annotations

import json

import numpy as np
import pytest

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.model.decision import Decision, TaskDecision

TEXTS = ["Our army has taken the town.", "They lie about our losses!", "?"]


@pytest.mark.slow
def test_a_bundle_trained_on_one_task_predicts_that_task(mood, small_rows, tiny_settings, tmp_path):
    rows = [
        {"text": row["text"], "mood": mood.tasks["mood"].leaves[row["stance"] == "pro_russia"], "split": row["split"]}
        for row in small_rows[::3]
    ]
    data = tmp_path / "mood.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    corpus = narrashift.read_corpus([data], codebook=mood)
    settings = tiny_settings.model_copy(update={"epochs": 1})
    out = narrashift.train(corpus=corpus, out=tmp_path / "out", settings=settings).bundle
    for folder in (out, out / "tfidf"):
        for prediction in narrashift.load(folder).predict(TEXTS):
            assert prediction.labels.keys() == prediction.probabilities.keys() == {"mood"}
            assert prediction["mood"] in ("hopeful", "bleak")
            assert sum(prediction.probabilities["mood"].values()) == pytest.approx(1)


def test_a_multi_task_may_be_the_only_one(topics, untrained_bundle):
    decision = Decision(tasks={"topics": TaskDecision(thresholds={"shelling": 0, "raid": 0, "trade": 1})})
    for prediction in narrashift.load(untrained_bundle(topics, decision=decision)).predict(TEXTS):
        assert prediction["topics"] == ["shelling", "raid", "violence"]
        assert list(prediction.probabilities["topics"]) == ["shelling", "raid", "trade", "violence"]


def test_a_low_temperature_makes_the_model_surer(mood, untrained_bundle):
    surer = Decision(tasks={"mood": TaskDecision(temperature=0.1)})
    folder = untrained_bundle(mood)
    mild = narrashift.load(folder).predict(TEXTS)
    (folder / "decision.json").write_text(surer.model_dump_json(), "utf-8")
    for before, after in zip(mild, narrashift.load(folder).predict(TEXTS), strict=True):
        assert after["mood"] == before["mood"]
        assert after.probabilities["mood"][after["mood"]] > before.probabilities["mood"][before["mood"]]


def test_max_tokens_of_the_bundle_decides_what_is_truncated(mood, untrained_bundle):
    text = ["Our army has taken the town and holds it."]
    assert narrashift.load(untrained_bundle(mood, max_tokens=8)).predict(text)[0].truncated
    assert not narrashift.load(untrained_bundle(mood, max_tokens=128)).predict(text)[0].truncated


def test_a_bundle_that_was_written_gives_the_logits_of_the_network_in_it(mood, untrained_bundle):
    from narrashift.model.network import PassageClassifier
    from narrashift.model.tokens import read_tokenizer
    from narrashift.model.transformer import TransformerClassifier

    folder = untrained_bundle(mood)
    network = PassageClassifier.from_pretrained(folder)
    direct = TransformerClassifier(network, read_tokenizer(folder / "tokenizer.json")).logits(TEXTS).tasks["mood"]
    np.testing.assert_array_equal(open_bundle(folder).classifier().logits(TEXTS).tasks["mood"], direct)
    assert np.ptp(direct) > 0.1
