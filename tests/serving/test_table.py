from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.serving.settings import ScoreSettings


@pytest.fixture(scope="module")
def outcome(articles, tiny_bundle, read_folder, tmp_path_factory):
    """The 30 articles, scored once."""
    folder = tmp_path_factory.mktemp("table")
    dump = folder / "dump.jsonl"
    dump.write_text("".join(json.dumps(row) + "\n" for row in articles), "utf-8")
    scored = narrashift.score(
        [dump], model=tiny_bundle, out=folder / "scores", settings=ScoreSettings(passage_tokens=48)
    )
    return read_folder(folder / "scores", scored)


@pytest.fixture(scope="module")
def passages(outcome, articles) -> list[str]:
    texts = {article["id"]: article["text"] for article in articles}
    return [texts[row["id"]][row["start"] : row["end"]] for row in outcome.rows]


def test_columns_come_in_the_order_of_the_contract(outcome, codebook):
    labels = [f"{name}.{label}" for name, task in codebook.tasks.items() for label in (*task.leaves, *task.parents)]
    expected = ["id", "source", "passage", "start", "end", *labels, *codebook.tasks, "truncated"]
    expected += ["file", "row", "mended", "language"]
    assert outcome.table.column_names == expected
    assert "stance.pro_ukraine" in labels


def test_every_column_has_the_type_of_the_contract(outcome, codebook):
    types = {field.name: field.type for field in outcome.table.schema}
    assert (types["id"], types["source"], types["truncated"]) == (pa.int64(), pa.string(), pa.bool_())
    assert {types[name] for name in ("passage", "start", "end")} == {pa.int32()}
    assert {kind for name, kind in types.items() if "." in name} == {pa.float32()}
    assert types["stance"] == pa.string()
    assert types["frame"] == types["technique"] == pa.list_(pa.string())


def test_every_part_names_bundle_codebook_and_decision(outcome, tiny_bundle, codebook):
    bundle = open_bundle(tiny_bundle)
    for part in (outcome.folder / "parts").iterdir():
        metadata = pq.read_schema(part).metadata
        assert metadata[b"narrashift.bundle"].decode() == bundle.digest
        assert codebook.version in metadata[b"narrashift.codebook"].decode().split()
        assert json.loads(metadata[b"narrashift.decision"]) == bundle.decision.model_dump(mode="json")


def test_passages_of_an_article_are_numbered_and_tile_it(outcome, articles):
    for article in articles:
        rows = [row for row in outcome.rows if row["id"] == article["id"]]
        assert [row["passage"] for row in rows] == list(range(len(rows)))
        assert [row["start"] for row in rows] == [0, *(row["end"] for row in rows[:-1])]
        assert rows[-1]["end"] == len(article["text"])
        assert {row["source"] for row in rows} == {article["source"]}
    assert outcome.table.num_rows > len(articles)


def test_articles_keep_their_order(outcome, articles):
    assert list(dict.fromkeys(outcome.table["id"].to_pylist())) == [article["id"] for article in articles]


def test_scores_are_those_of_predict(outcome, passages, tiny_bundle):
    for row, prediction in zip(outcome.rows, narrashift.load(tiny_bundle).predict(passages), strict=True):
        for task, labels in prediction.probabilities.items():
            scored = [row[f"{task}.{label}"] for label in labels]
            np.testing.assert_allclose(scored, list(labels.values()), atol=1e-5)
            assert row[task] == prediction[task]
        assert row["truncated"] == prediction.truncated


def test_probabilities_of_a_single_task_sum_to_one(outcome):
    columns = [outcome.table[name].to_numpy() for name in outcome.table.column_names if name.startswith("stance.")]
    np.testing.assert_allclose(np.sum(columns, axis=0), 1, atol=1e-5)


def test_a_parent_is_the_largest_of_its_children(outcome, codebook):
    parents = codebook.tasks["frame"].parents
    assert set(parents) == {"gains", "losses"}
    for parent, children in parents.items():
        columns = [outcome.table[f"frame.{child}"].to_numpy() for child in children]
        assert (outcome.table[f"frame.{parent}"].to_numpy() == np.max(columns, axis=0)).all()


def test_a_parent_is_decided_exactly_when_a_child_is(outcome, codebook):
    for decided in outcome.table["frame"].to_pylist():
        for parent, children in codebook.tasks["frame"].parents.items():
            assert (parent in decided) == bool(set(children) & set(decided))
    assert any(outcome.table["frame"].to_pylist())


def test_a_passage_longer_than_the_model_reads_is_marked(score_dump):
    rows = [{"id": 1, "text": "Troops retook the village. " * 40}, {"id": 2, "text": "Troops retook the village."}]
    assert score_dump(rows, cut="none").table["truncated"].to_pylist() == [True, False]
