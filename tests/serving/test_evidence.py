"""`--evidence`: the column of the score table."""

from __future__ import annotations

import csv
import json

import pytest

import narrashift
from narrashift.model.mending import mend
from narrashift.serving.score import score
from narrashift.serving.settings import ScoreSettings

TRICKY = [
    {"id": "u1", "text": "\n  Наші воїни звільнили село. Ворог тіка\u0301є!\n\n"},
    {"id": "u2", "text": "🇺🇦 Glory!  👩‍🚀 The town was “liberated”, they say. " * 3},
    {"id": "u6", "text": " The so\u00adldiers &quot;liberated&quot; the town &amp; left\u200b. They fled."},
    {"id": "u3", "text": "No"},
    {"id": "u4", "text": "…"},
    {"id": "u5", "text": "\u00a0é\u0301 cafe\u0301 fell\u00a0"},
]


@pytest.fixture(scope="module")
def rows(articles):
    named = [{**row, "id": str(row["id"])} for row in [*articles[:8], *TRICKY]]
    return [articles[2] | {"id": "first"}, *named, articles[2] | {"id": "again"}]


@pytest.fixture(scope="module")
def explained(rows, tiny_bundle, read_folder, tmp_path_factory):
    """The articles, scored with evidence."""
    folder = tmp_path_factory.mktemp("evidence")
    dump = folder / "dump.jsonl"
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    settings = ScoreSettings(evidence=True, passage_tokens=48, format="csv")
    return read_folder(folder / "scores", score([dump], model=tiny_bundle, out=folder / "scores", settings=settings))


def test_evidence_changes_nothing_else(explained, rows, score_dump):
    plain = score_dump(rows, passage_tokens=48)
    assert explained.table.drop_columns(["evidence"]).equals(plain.table)
    assert explained.table.column_names[-1] == "evidence"


def test_every_decided_leaf_has_evidence(explained, codebook):
    for row in explained.rows:
        decided = [("stance", row["stance"])]
        for task in ("frame", "technique"):
            decided += [(task, leaf) for leaf in codebook.tasks[task].leaves if leaf in row[task]]
        assert [(entry["task"], entry["label"]) for entry in row["evidence"]] == decided


def test_offsets_are_those_of_the_article(explained, rows):
    texts = {row["id"]: row["text"] for row in rows}
    found = 0
    for row in explained.rows:
        text = texts[row["id"]]
        for entry in row["evidence"]:
            assert bool(entry["words"]) == (entry["sentence_start"] is not None)
            for word in entry["words"]:
                there = text[word["start"] : word["end"]]
                assert there == word["word"] or (row["mended"] and mend(there) == word["word"])
                assert row["start"] <= word["start"] < word["end"] <= row["end"]
                assert word["weight"] > 0
                found += 1
            if entry["words"]:
                sentence = text[entry["sentence_start"] : entry["sentence_end"]]
                assert sentence == sentence.strip()
                assert any(word["word"] in mend(sentence) for word in entry["words"])
    assert found > 20
    with_words = {row["id"] for row in explained.rows if any(entry["words"] for entry in row["evidence"])}
    assert with_words >= {"u1", "u2", "u5", "u6"}


def test_a_repeated_article_has_the_same_evidence(explained):
    one, other = ([row["evidence"] for row in explained.rows if row["id"] == name] for name in ("first", "again"))
    assert one == other and any(one[0])


def test_the_csv_file_has_it_as_json(explained):
    with (explained.folder / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [json.loads(row["evidence"].removeprefix("'")) for row in csv.DictReader(file)]
    assert [[entry["label"] for entry in cell] for cell in cells] == [
        [entry["label"] for entry in row["evidence"]] for row in explained.rows
    ]


def test_a_run_that_was_stopped_ends_with_the_same_evidence(
    explained, rows, score_dump, tiny_bundle, tmp_path, small_parts
):
    class Stop(BaseException):
        pass

    def stop(what: str, done: float, total: float) -> None:
        if done > 6:
            raise Stop

    settings = {"evidence": True, "passage_tokens": 48, "part": 1}
    calm = score_dump(rows, out="calm", **settings)
    with pytest.raises(Stop):
        score([tmp_path / "dump.jsonl"], model=tiny_bundle, out=tmp_path / "stopped",
              settings=ScoreSettings(**settings), progress=stop)  # fmt: skip
    assert 0 < len(list((tmp_path / "stopped" / "parts").iterdir())) < calm.scored.parts
    assert score_dump(rows, out="stopped", **settings).same_data(calm)
    assert [row["stance"] for row in calm.rows] == [row["stance"] for row in explained.rows]


def test_what_is_left_undecided_has_no_evidence(rows, score_dump):
    outcome = score_dump(rows[:4], evidence=True, abstain=0.0001)
    assert all(row["stance"] is None for row in outcome.rows)
    assert all(row["evidence"] == [] for row in outcome.rows)


@pytest.mark.parametrize("engine", ["onnx", "onnx-int8"])
def test_other_engines_decide_and_the_network_explains(rows, score_dump, exported_bundle, explained, engine):
    outcome = score_dump(rows, model=exported_bundle, engine=engine, evidence=True, passage_tokens=48)
    for row in outcome.rows:
        assert row["evidence"][0]["label"] == row["stance"]
    same = [ours["evidence"] == its["evidence"] for ours, its in zip(outcome.rows, explained.rows, strict=True)]
    assert sum(same) > len(same) / 2


def test_a_tfidf_bundle_gives_evidence_too(rows, score_dump, tiny_bundle):
    outcome = score_dump(rows, model=tiny_bundle / "tfidf", evidence=True)
    words = [word for row in outcome.rows for entry in row["evidence"] for word in entry["words"]]
    assert len(words) > 10


def test_a_carried_column_may_not_be_called_evidence(score_dump):
    row = {"id": 1, "text": "Kyiv holds.", "evidence": "x"}
    with pytest.raises(narrashift.UserError, match="'evidence' is also a column of the scores"):
        score_dump([row], evidence=True, carry={"evidence": "evidence"})
    assert score_dump([row], carry={"evidence": "evidence"}).rows[0]["evidence"] == "x"


def test_a_folder_without_evidence_takes_no_run_with_it(score_dump, rows):
    score_dump(rows[:1])
    with pytest.raises(narrashift.UserError, match=r"settings\.evidence: false there, true here"):
        score_dump(rows[:1], evidence=True)
