"""`narrashift data import` and `narrashift data export`, and what they do with scores and real data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

import narrashift
from narrashift.training.data.layouts import import_labels

SHARED = Path(__file__).parents[5] / "shared" / "data"


def test_labels_go_out_and_come_back_by_command(command, small_file, tmp_path, codebook):
    tasks, back = tmp_path / "tasks.json", tmp_path / "back.jsonl"
    ended = command("data", "export", small_file, "--layout", "label-studio", "--out", tasks)
    assert ended.code == 0, ended.err
    assert "120 passages with their labels" in ended.out
    ended = command("data", "import", tasks, "--out", back)
    assert ended.code == 0, ended.err
    assert ended.lines[0] == "read as label-studio (--layout names another)"
    assert "120 passages" in ended.out
    before, after = (narrashift.read_corpus([path], codebook=codebook) for path in (small_file, back))
    assert after.digest == before.digest and after.column("split") == before.column("split")
    again = command("data", "import", tasks, "--out", back)
    assert again.code == 2 and "exists already" in again.err


def test_the_interface_has_a_control_a_task_and_a_choice_a_label(command, small_file, tmp_path, codebook):
    command("data", "export", small_file, "--layout", "label-studio", "--out", tmp_path / "tasks.json")
    view = ElementTree.parse(tmp_path / "tasks.xml").getroot()
    controls = {one.get("name"): one for one in view.iter("Choices")}
    assert {name: one.get("choice") for name, one in controls.items()} == {
        "stance": "single", "frame": "multiple", "technique": "multiple",
    }  # fmt: skip
    assert [one.get("value") for one in controls["frame"]] == list(codebook.tasks["frame"].leaves)
    assert all(one.get("hint") for one in view.iter("Choice"))


def test_scores_become_predictions_that_come_back_only_when_they_are_corrected(command, tiny_bundle, tmp_path):
    articles = tmp_path / "a.jsonl"
    articles.write_text('{"id": "x", "text": "They took the hill. Then they left it.", "source": "s"}\n')
    scores, tasks = tmp_path / "scores", tmp_path / "tasks.json"
    assert command("score", articles, "--model", tiny_bundle, "--out", scores, "--keep-text").code == 0
    ended = command("data", "export", scores, "--layout", "label-studio", "--out", tasks)
    assert ended.code == 0 and "1 passages with predicted labels" in ended.out, ended.err
    [task] = json.loads(tasks.read_text("utf-8"))
    assert task["data"] == {
        "text": "They took the hill. Then they left it.", "source": "s", "language": "en", "id": "x:0", "group": "x",
    }  # fmt: skip
    [prediction] = task["predictions"]
    assert 0 < prediction["score"] < 1 and prediction["model_version"] and "annotations" not in task
    assert "stance" in {one["from_name"] for one in prediction["result"]}
    refused = command("data", "import", tasks, "--layout", "label-studio", "--out", tmp_path / "b.jsonl")
    assert refused.code == 2
    assert "no labelled passage in it; 1 tasks without a finished annotation" in refused.err
    assert not (tmp_path / "b.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--map", "neutral"), "--map neutral: THEIRS=task.label is expected"),
        (("--unit", "word"), "--unit word: one of article, paragraph, line, sentence is expected"),
        (("--out", "b.csv"), "b.csv: .jsonl is expected"),
        (("--make-codebook", "m.toml", "--codebook", "n.toml"), "name one of them"),
    ],
)
def test_a_wrong_option_is_one_line(arguments, message, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("l.jsonl").write_text('{"text": "a", "label": ["neutral"]}\n')
    ended = command("data", "import", "l.jsonl", "--out", "b.jsonl", *arguments)
    assert ended.code == 2 and len(ended.lines) == 1 and message in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["l.jsonl"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "layout", "passages", "labels", "most"),
    [
        ("semeval2021_task6", "semeval2021-task6", 750, 20, ("loaded_language", 389)),
        ("unlp2025_manipulation", "unlp2025", 3_058, 10, ("loaded_language", 1_578)),
    ],
)
def test_real_data_are_imported_whole(name, layout, passages, labels, most, tmp_path):
    done = import_labels([SHARED / name], out=tmp_path / "o.jsonl", codebook=None, new_codebook=tmp_path / "c.toml")
    rows = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text("utf-8").splitlines()]
    counts = Counter(label for row in rows for label in row["technique"])
    assert (done.layout, len(rows), len(counts), counts.most_common(1)[0]) == (layout, passages, labels, most)
