"""`narrashift suggest`: a Label Studio file of new passages with the bundle's answers, and what is refused."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def raw(tmp_path, early_rows):
    """60 passages that the tiny bundle never saw, one of them twice, and one without a text."""
    rows = [{"id": row["id"], "text": row["text"], "outlet": "x"} for row in early_rows if row["split"] == "test"][:60]
    rows += [{**rows[0], "id": "again"}, {"id": "empty", "text": ""}]
    (tmp_path / "raw.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path / "raw.jsonl"


def test_tasks_for_label_studio_carry_the_answers_to_correct(raw, command, tiny_bundle, tmp_path):
    (tmp_path / "known.jsonl").write_text(raw.read_text("utf-8").splitlines()[5] + "\n", "utf-8")
    known = json.loads((tmp_path / "known.jsonl").read_text("utf-8"))["id"]
    done = command(
        "suggest", raw, "--model", tiny_bundle, "--out", tmp_path / "tasks.json", "--count", 12, "--known",
        tmp_path / "known.jsonl",
    )  # fmt: skip
    assert done.code == 0, done.err
    tasks = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    ids = [task["data"]["id"] for task in tasks]
    assert len(ids) == len(set(ids)) == 12
    assert not {known, "empty", "again"} & set(ids)
    assert all(task["data"]["outlet"] == "x" for task in tasks)
    assert all(0 <= task["predictions"][0]["score"] <= 1 for task in tasks)
    assert all(task["predictions"][0]["model_version"] == tiny_bundle.name for task in tasks)
    assert "12 passages to annotate" in done.out and "62" not in done.out
    assert "left out" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--task", "stanse"], "did you mean stance"),
        (["--count", "0"], "--count 0"),
        (["--layout", "unlp2025"], "no layout that is written"),
        (["--known", "raw.jsonl"], "labelled already"),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(raw, command, tiny_bundle, monkeypatch, arguments, told):
    monkeypatch.chdir(raw.parent)
    done = command("suggest", "raw.jsonl", "--model", tiny_bundle, "--out", "tasks.json", *arguments)
    assert done.code == 2
    assert told in done.err
    assert not (raw.parent / "tasks.json").exists()
