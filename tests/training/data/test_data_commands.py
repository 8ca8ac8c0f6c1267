"""`narrashift data check` and `narrashift data split`."""

from __future__ import annotations

import csv
import json

import pytest

import narrashift

PARTS = ("train", "train", "train", "validation", "test")


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def rows():
    stances = ("neutral", "pro_russia", "pro_ukraine")
    return [
        {
            "id": f"p{i}",
            "text": f"passage {i} tells of a thing {i}, and no other",
            "stance": stances[i % 3],
            "frame": ["gains_russia", "losses_ukraine"] if i % 4 == 0 else [],
            "technique": [],
            "note": "ours | theirs\rand nobody's",
            "date": f"2022-{1 + i // 28:02}-{1 + i % 28:02}",
        }
        for i in range(100)
    ]


def test_check_counts_labels_and_finds_nothing_dishonest(command, rows, tmp_path):
    ended = command("data", "check", write(tmp_path / "a.jsonl", rows))
    assert ended.code == 0
    assert "100 passages" in ended.out and "25.0%" in ended.out
    assert ended.lines[-1].startswith("0 dishonest, 1 wrong, ")
    assert "wrong: task technique: every cell is empty" in ended.out


def test_check_refuses_a_split_that_leaks(command, rows, tmp_path):
    divided = [row | {"split": PARTS[i % 5]} for i, row in enumerate(rows)]
    leaking = [*divided, divided[0] | {"id": "again", "split": "test"}]
    ended = command("data", "check", write(tmp_path / "a.jsonl", leaking))
    assert ended.code == 1
    assert "dishonest: 1 of 21 test passages (4.8%) nearly repeat a train passage (as p0 and again)" in ended.out
    assert ended.lines[-1] == "test figures on these data would be better than the truth"


def test_training_refuses_it_too_unless_told_otherwise(command, rows, tiny_settings, tmp_path):
    divided = [row | {"split": PARTS[i % 5]} for i, row in enumerate(rows)]
    file = write(tmp_path / "a.jsonl", [*divided, divided[0] | {"id": "again", "split": "test"}])
    (tmp_path / "s.toml").write_text(tiny_settings.to_toml())
    arguments = ("train", file, "--config", tmp_path / "s.toml", "--out", tmp_path / "b", "--no-track", "--epochs", 1)
    refused = command(*arguments)
    assert refused.code == 2
    assert "nearly repeat" in refused.err and "--allow-leaks" in refused.err
    assert not (tmp_path / "b").exists() and not (tmp_path / "b.training").exists()
    allowed = command(*arguments, "--allow-leaks")
    assert allowed.code == 0, allowed.err
    assert "leak: 1 of 21 test passages" in allowed.err


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".tsv"])
def test_split_keeps_every_row_and_value_and_adds_the_part(ending, command, rows, tmp_path, codebook):
    out = tmp_path / f"b{ending}"
    ended = command("data", "split", write(tmp_path / "a.jsonl", rows), "--out", out, "--kind", "random")
    assert ended.code == 0, ended.err
    before = narrashift.read_corpus([tmp_path / "a.jsonl"], codebook=codebook)
    after = narrashift.read_corpus([out], codebook=codebook)
    assert after.digest == before.digest
    assert set(after.column("split")) == {"train", "validation", "test"}
    if ending == ".csv":
        with (tmp_path / "b.csv").open(newline="") as file:
            assert next(csv.DictReader(file))["note"] == "ours | theirs\rand nobody's"


def test_split_keeps_what_is_not_labelled_apart_from_what_has_no_label(command, rows, tmp_path, codebook):
    rows[3]["frame"], rows[4]["stance"] = None, None
    command("data", "split", write(tmp_path / "a.jsonl", rows), "--out", tmp_path / "b.csv")
    after = narrashift.read_corpus([tmp_path / "b.csv"], codebook=codebook)
    assert after.digest == narrashift.read_corpus([tmp_path / "a.jsonl"], codebook=codebook).digest
    assert not after.labelled("frame")[3] and after.labelled("frame")[2]


def test_what_is_split_is_what_training_follows(command, rows, tmp_path, codebook):
    command("data", "split", write(tmp_path / "a.jsonl", rows), "--out", tmp_path / "b.jsonl", "--kind", "time")
    after = narrashift.read_corpus([tmp_path / "b.jsonl"], codebook=codebook)
    dated = list(zip(after.column("date"), after.column("split"), strict=True))
    dates = {part: [date for date, own in dated if own == part] for part in ("train", "test")}
    assert max(dates["train"]) < min(dates["test"])


def test_a_near_duplicate_of_a_later_passage_is_left_out_and_said(command, rows, tmp_path, codebook):
    late = rows[-1]["text"]
    ended = command(
        "data", "split", write(tmp_path / "a.jsonl", [*rows, rows[0] | {"id": "early", "text": late}]),
        "--out", tmp_path / "b.jsonl", "--kind", "time",
    )  # fmt: skip
    assert "1 passages are left out" in ended.err
    assert "early" not in narrashift.read_corpus([tmp_path / "b.jsonl"], codebook=codebook).column("id")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "b.xlsx"), "b.xlsx: .jsonl, .csv or .tsv is expected"),
        (("--out", "b.jsonl", "--kind", "colour"), "--split colour: one of random, group, source, time is expected"),
        (("--out", "b.jsonl", "--kind", "source"), "the data have no column source"),
        (("--out", "a.jsonl"), "a.jsonl: exists already"),
    ],
)
def test_what_cannot_be_split_is_refused_in_one_line(arguments, message, command, rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", rows)
    ended = command("data", "split", "a.jsonl", *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
