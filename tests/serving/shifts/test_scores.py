from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from narrashift import UserError
from narrashift.serving.shifts.scores import open_scores

from .folders import CODEBOOK, row, write_scores


def test_the_metadata_say_tasks_labels_id_and_model(scored):
    scores = open_scores([scored([row(), row(id="b")])])
    assert scores.id == "id" and scores.passages == 2
    assert scores.codebook == CODEBOOK and scores.decision.tasks["frame"].thresholds["gains_russia"] == 0.5
    assert scores.model == {"bundle": "b" * 16, "engine": "onnx", "codebook": "c 1 d"}


def test_real_scores_are_opened(tiny_bundle, tmp_path):
    import narrashift
    from narrashift.serving.score import score

    dump = tmp_path / "dump.jsonl"
    dump.write_text(json.dumps({"id": 7, "text": "The bridge fell.", "date": "2023-01-01"}) + "\n")
    score([dump], model=tiny_bundle, out=tmp_path / "scores")
    scores = open_scores([tmp_path / "scores"])
    codebook = narrashift.read_codebook()
    assert scores.codebook == codebook
    assert scores.unfinished == ()


def test_folders_of_one_model_are_one_table_and_of_two_are_refused(scored):
    first, second = scored([row()], "one"), scored([row(id="b"), row(id="c")], "two")
    assert open_scores([first, second]).scan().collect()["id"].to_list() == ["a", "b", "c"]
    with pytest.raises(UserError, match="another model"):
        open_scores([first, scored([row()], "other", bundle="c" * 16)])


def test_what_is_no_score_folder_is_said(tmp_path):
    with pytest.raises(UserError, match=r"no score folder .*run\.json"):
        open_scores([tmp_path])
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UserError, match="nothing is scored in it yet"):
        open_scores([tmp_path])
    with pytest.raises(UserError, match="name the score folders"):
        open_scores([])


def test_a_broken_part_and_scores_without_their_tasks_are_said(scored, tmp_path):
    folder = scored([row()])
    (folder / "parts" / "00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="broken"):
        open_scores([folder])
    older = write_scores(tmp_path / "older", [row()])
    part = older / "parts" / "00000.parquet"
    table = pq.read_table(part)
    kept = {key: value for key, value in table.schema.metadata.items() if key != b"narrashift.codebook.toml"}
    pq.write_table(table.replace_schema_metadata(kept), part)
    with pytest.raises(UserError, match="older narrashift"):
        open_scores([older])


def test_an_unfinished_folder_is_known_as_one(scored):
    folder = scored([row()])
    (folder / "progress.json").write_text('{"done": false}')
    assert open_scores([folder]).unfinished == (folder,)


def test_a_missing_column_is_named_with_the_flag_and_those_that_are_there(scored):
    scores = open_scores([scored([row()])])
    with pytest.raises(UserError, match=r"no column 'sorce' .*source.*--by.*--carry sorce"):
        scores.need("sorce", flag="--by")
