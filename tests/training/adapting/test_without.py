"""What repeats a passage of the test set is kept out; what only shares its subject stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from narrashift import UserError
from narrashift.training.adapting.without import read_without, unlike

TEST = "The ministry said on Monday that its forces had left the village after heavy fighting near the river."


def test_repeats_in_whole_or_in_part_are_kept_out():
    texts = [
        TEST.upper() + "!",
        "Breaking: " + TEST + " More follows soon, our correspondent in the region reports at length.",
        "its forces had left the village after heavy fighting",
        "Its forces took the village on Monday, the ministry said; the river was crossed at night.",
        "Something else entirely happened in the capital.",
    ]
    assert unlike(texts, [TEST, "An unrelated passage about grain."]) == [3, 4]
    assert unlike(texts, []) == [0, 1, 2, 3, 4]


def test_texts_are_read_from_labelled_files_whatever_their_column(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "One.", "stance": "neutral"}) + "\n")
    (tmp_path / "b.csv").write_text("body,stance\nTwo.,neutral\n")
    assert read_without([tmp_path / "a.jsonl", tmp_path / "b.csv"], text="body", encoding="utf-8") == ["One.", "Two."]


@pytest.mark.parametrize("content", ['{"text": ""}\n', "{\n", '{"other": "x"}\n', ""])
def test_what_cannot_be_read_could_not_be_kept_out(content, tmp_path):
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(UserError, match=r"--without a.jsonl.*nothing was adapted"):
        read_without([Path(tmp_path / "a.jsonl")], text="text", encoding="utf-8")
