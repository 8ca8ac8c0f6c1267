"""Scoring with what is not the default: the yardstick, and codebooks of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import narrashift
from narrashift.model.bundle import write_description, write_tfidf, write_transformer
from narrashift.model.codebook import Codebook, parse_codebook
from narrashift.model.decision import Decision
from narrashift.model.network import from_backbone
from narrashift.model.tfidf import fit_tfidf

ROWS = [
    {"id": 1, "source": "s", "text": "Bread is dear. The queue is long."},
    {"id": 2, "source": "s", "text": "Rain."},
]
OWN = """
[codebook]
name = "prices"
version = "3"
[tasks.mood]
kind = "single"
labels = { calm = { means = "calm" }, angry = { means = "angry" } }
[tasks.topic]
kind = "multi"
[tasks.topic.labels]
goods = { means = "any good" }
bread = { means = "bread", parent = "goods" }
fuel = { means = "fuel", parent = "goods" }
"""


@pytest.fixture(scope="module")
def own() -> Codebook:
    return parse_codebook(OWN, place="own.toml")


def describe(folder: Path, codebook: Codebook) -> Path:
    decision = Decision.default(codebook)
    write_description(folder, codebook=codebook, decision=decision, metrics={}, provenance={}, card="")
    return folder


@pytest.fixture(scope="module", params=["transformer", "tfidf"])
def own_bundle(request, own, tiny_backbone, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    if request.param == "tfidf":
        targets = {"mood": np.array([0, 1, 1]), "topic": np.array([[1, 0], [0, 1], [0, 0]], dtype=float)}
        texts = ["bread is dear", "fuel is dear", "rain all day"]
        write_tfidf(folder, classifier=fit_tfidf(texts, targets=targets, codebook=own), codebook=own)
    else:
        from transformers import AutoTokenizer

        network = from_backbone(str(tiny_backbone), codebook=own, max_tokens=64, dropout=0.1)
        write_transformer(folder, network=network, tokenizer=AutoTokenizer.from_pretrained(tiny_backbone))
    return describe(folder, own)


def test_a_codebook_of_ones_own_gives_its_own_columns(score_dump, own_bundle):
    outcome = score_dump(ROWS, model=own_bundle)
    labels = ["mood.calm", "mood.angry", "topic.bread", "topic.fuel", "topic.goods"]
    expected = ["id", "source", "passage", "start", "end", *labels, "mood", "topic", "truncated"]
    assert outcome.table.column_names == [*expected, "file", "row", "mended", "language"]
    assert outcome.table.schema.field("mood").type == pa.string()
    assert outcome.table.schema.field("topic").type == pa.list_(pa.string())
    assert set(outcome.table["mood"].to_pylist()) <= {"calm", "angry"}
    assert outcome.table.schema.metadata[b"narrashift.codebook"].startswith(b"prices 3")


def test_a_model_of_ones_own_scores_as_it_predicts(score_dump, own_bundle):
    outcome = score_dump(ROWS, model=own_bundle, cut="none")
    for row, prediction in zip(
        outcome.rows, narrashift.load(own_bundle).predict([row["text"] for row in ROWS]), strict=True
    ):
        assert row["topic.fuel"] == pytest.approx(prediction.probabilities["topic"]["fuel"], abs=1e-5)
        assert (row["mood"], row["topic"]) == (prediction["mood"], prediction["topic"])


def test_a_column_that_is_a_task_of_ones_own_codebook_clashes(score_dump, own_bundle):
    with pytest.raises(narrashift.UserError, match="'mood' is also a column of the scores"):
        score_dump([{**ROWS[0], "mood": "x"}], model=own_bundle, carry={"mood": "mood"})


def test_the_yardstick_scores_as_it_predicts(score_dump, articles, tiny_bundle):
    yardstick = tiny_bundle / "tfidf"
    outcome = score_dump(articles[:5], model=yardstick, cut="none")
    predictions = narrashift.load(yardstick).predict([article["text"] for article in articles[:5]])
    for row, prediction in zip(outcome.rows, predictions, strict=True):
        assert row["stance.neutral"] == pytest.approx(prediction.probabilities["stance"]["neutral"], abs=1e-5)
        assert row["frame"] == prediction["frame"]
    assert not any(outcome.table["truncated"].to_pylist())


def test_the_yardstick_cuts_articles_too(score_dump, tiny_bundle):
    outcome = score_dump([{"id": 1, "text": "One two three. " * 200}], model=tiny_bundle / "tfidf", passage_tokens=16)
    assert outcome.table.num_rows == 40
