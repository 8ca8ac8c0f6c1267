from __future__ import annotations

import gzip
import json
import os
import random
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import narrashift
from narrashift import UserError
from narrashift.serving.settings import ScoreSettings

TEXT = "Ukrainian troops retook the village."
LINES = [
    {"id": 1, "text": TEXT},
    {"id": 2, "text": ""},
    {"id": 3},
    {"id": "four", "text": TEXT},
    {"id": 5, "text": "\ud800"},
    "{",
    "[1]",
    "",
    "\0",
]


@pytest.fixture
def mixed_dump(tmp_path, write_dump) -> list[Path]:
    """Every format, with rows that are in order and rows and files that are not."""
    jsonl = write_dump([{"id": "a", "text": TEXT}, "{", "", {"id": "b", "text": TEXT}], "a.jsonl")
    noise = random.Random(0).randbytes(5_000)
    broken = gzip.compress(b'{"id": "c", "text": "Kyiv holds."}\n' + noise)[:-2_000]
    (tmp_path / "b.jsonl.gz").write_bytes(broken)
    (tmp_path / "c.csv").write_text('id,text\nd,"Kyiv, holds."\ne\nf,\n', "utf-8")
    (tmp_path / "d.tsv").write_bytes("id\ttext\ng\tКиїв\n".encode("cp1251"))
    pq.write_table(pa.table({"id": ["h", "i"], "text": [TEXT, None]}), tmp_path / "e.parquet")
    (tmp_path / "f.parquet").write_bytes(b"PAR1 no more")
    (tmp_path / "g.txt").write_text(TEXT, "utf-8")
    return [jsonl, *(tmp_path / name for name in ("b.jsonl.gz", "c.csv", "d.tsv", "e.parquet", "f.parquet", "g.txt"))]


def test_every_row_of_every_format_is_scored_or_refused_with_its_place(score_dump, mixed_dump):
    outcome = score_dump(*mixed_dump, encoding="utf-8")
    assert outcome.table["id"].to_pylist() == ["a", "b", "c", "d", "h", "g.txt"]
    places = [(row["file"], row["row"]) for row in outcome.refused]
    assert ("a.jsonl", 2) in places
    assert [place for place in places if place[0] == "b.jsonl.gz"][-1][1] is None
    assert [place for place in places if place[0] > "b.jsonl.gz"] == [
        ("c.csv", 3), ("c.csv", 4), ("d.tsv", 2), ("e.parquet", 2), ("f.parquet", None),
    ]  # fmt: skip
    assert all(row["reason"] for row in outcome.refused)
    counts = outcome.scored.counts
    assert (counts.articles, counts.refused) == (6, len(outcome.refused))
    assert counts.rows == counts.articles + counts.refused


@settings(max_examples=20, deadline=None, derandomize=True)
@given(chosen=st.lists(st.sampled_from(range(len(LINES))), max_size=20), part=st.sampled_from([1, 5, 1000]))
def test_articles_and_refused_rows_are_all_rows(tiny_bundle, read_folder, tmp_path_factory, chosen, part):
    folder = tmp_path_factory.mktemp("account")
    lines = [LINES[0], *(LINES[index] for index in chosen)]
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "dump.jsonl").write_text("\n".join(texts), "utf-8")
    chosen_settings = ScoreSettings(part=part, as_text=("id",))
    scored = narrashift.score([folder], model=tiny_bundle, out=folder / "out", settings=chosen_settings)
    outcome = read_folder(folder / "out", scored)
    present = Counter(number for number, text in enumerate(texts, start=1) if text)
    assert scored.counts.rows == present.total()
    assert Counter(row["row"] for row in outcome.refused) <= present
    assert scored.counts.articles == sum(line in (LINES[0], LINES[3]) for line in lines) == outcome.table.num_rows


def test_refused_rows_have_the_columns_of_the_contract(score_dump):
    outcome = score_dump([{"id": 7, "text": TEXT}, {"id": 8, "text": " "}])
    assert outcome.refused == [{"file": "dump.jsonl", "row": 2, "id": "8", "reason": "the text is empty"}]
    schema = pq.read_schema(outcome.folder / "errors.parquet")
    assert [str(kind) for kind in schema.types] == ["string", "int64", "string", "string"]


def test_a_dump_without_a_usable_row_is_accounted_for(score_dump, tiny_bundle):
    for model in (tiny_bundle, tiny_bundle / "tfidf"):
        outcome = score_dump([{"id": 1, "text": ""}, {"id": 2}, {"text": ""}], model=model, out=model.name)
        assert outcome.table.num_rows == 0
        assert [row["row"] for row in outcome.refused] == [1, 2, 3]


def test_a_part_without_a_usable_row_does_not_stop_the_tfidf_model(score_dump, tiny_bundle, small_parts):
    rows = [{"id": n, "text": "" if 4 <= n < 12 else TEXT} for n in range(16)]
    outcome = score_dump(rows, model=tiny_bundle / "tfidf", part=1)
    assert outcome.table["id"].to_pylist() == [0, 1, 2, 3, 12, 13, 14, 15]


def test_a_header_in_a_wrong_encoding_in_a_later_file_is_refused_with_its_reason(tmp_path, score_dump, write_dump):
    (tmp_path / "old.csv").write_bytes("id,text,тема\n1,Kyiv holds.,так\n".encode("cp1251"))
    outcome = score_dump(write_dump([{"id": "1", "text": TEXT}], "a.jsonl"), tmp_path / "old.csv", encoding="utf-8")
    assert [row["file"] for row in outcome.refused] == ["old.csv"]
    assert "--encoding" in outcome.refused[0]["reason"]


def test_a_file_name_that_is_no_utf8_is_stored_somehow(tmp_path, score_dump):
    dump = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    dump.write_text(json.dumps({"text": TEXT}) + "\n{\n", "utf-8")
    outcome = score_dump(dump)
    assert outcome.table.num_rows == 1
    assert outcome.refused[0]["file"].startswith("caf")


def test_a_folder_of_text_files_is_scored_by_their_names(tmp_path, score_dump):
    (tmp_path / "texts" / "deep").mkdir(parents=True)
    for name in ("b.txt", "a.txt", "deep/c.txt"):
        (tmp_path / "texts" / name).write_text(TEXT, "utf-8")
    (tmp_path / "texts" / "empty.txt").touch()
    (tmp_path / "texts" / "readme.md").touch()
    outcome = score_dump(tmp_path / "texts")
    assert outcome.table["id"].to_pylist() == ["a.txt", "b.txt", "c.txt"]
    assert [row["id"] for row in outcome.refused] == ["empty.txt"]


def test_many_small_files_are_scored_in_their_order(tmp_path, score_dump):
    (tmp_path / "many").mkdir()
    for number in range(300):
        (tmp_path / "many" / f"{number:03d}.txt").write_text(f"Village {number} was taken.", "utf-8")
    outcome = score_dump(tmp_path / "many", cut="none")
    assert outcome.table["id"].to_pylist() == [f"{number:03d}.txt" for number in range(300)]


def test_a_long_article_is_tiled_by_its_passages(score_dump):
    text = "The army, led by its commanders, retook a village near the river. Бої тривають. " * 400
    rows = score_dump([{"id": 1, "text": text}]).rows
    assert len(rows) > 100
    assert [row["start"] for row in rows] == [0, *(row["end"] for row in rows[:-1])]
    assert rows[-1]["end"] == len(text)
    assert not any(row["truncated"] for row in rows)


def test_cut_none_makes_each_row_a_passage(score_dump):
    rows = score_dump([{"id": 1, "text": "One. " * 100}], cut="none").rows
    assert [(row["passage"], row["start"], row["end"]) for row in rows] == [(0, 0, 500)]


def test_the_same_text_has_the_same_scores_wherever_it_stands(score_dump):
    rows = [{"id": n, "text": TEXT if n in (0, 39) else f"Village {n} fell. " * (n % 7 + 1)} for n in range(40)]
    table = score_dump(rows, cut="none").table.drop_columns(["id", "row"])
    first, last = table.slice(0, 1).to_pylist()[0], table.slice(39, 1).to_pylist()[0]
    assert {
        key: pytest.approx(value, abs=1e-5) if isinstance(value, float) else value for key, value in first.items()
    } == last


def test_parts_of_any_size_hold_the_same_rows(score_dump, articles, small_parts):
    whole = score_dump(articles, out="whole")
    pieces = score_dump(articles, out="pieces", part=1)
    assert (whole.scored.parts, pieces.scored.parts) == (1, 8)
    keys = ["id", "passage", "start", "end"]
    assert pieces.table.select(keys).equals(whole.table.select(keys))


def test_progress_never_falls_and_ends_at_all_rows(write_dump, tiny_bundle, tmp_path, articles, small_parts):
    told: list[tuple[str, float, float]] = []
    narrashift.score(
        [write_dump(articles)], model=tiny_bundle, out=tmp_path / "scores", settings=ScoreSettings(part=1),
        progress=lambda *told_now: told.append(told_now),
    )  # fmt: skip
    done = [rows for what, rows, _ in told if what.startswith("scoring")]
    assert done == sorted(done)
    assert told[-1][1:] == (30, 30)


@pytest.mark.parametrize("inputs", [[], ["nowhere.jsonl"]])
def test_a_dump_that_is_not_there_is_refused_before_a_folder_is_made(tmp_path, tiny_bundle, inputs):
    with pytest.raises(UserError):
        narrashift.score(inputs, model=tiny_bundle, out=tmp_path / "scores")
    assert not (tmp_path / "scores").exists()


def test_an_unknown_encoding_is_refused(score_dump):
    with pytest.raises(UserError, match="klingon"):
        score_dump([{"text": TEXT}], encoding="klingon")
