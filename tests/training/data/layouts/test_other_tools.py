"""doccano, tables of 0 and 1, and folders of Hugging Face datasets."""

from __future__ import annotations

import io
import zipfile

import datasets
import pytest


def test_doccano_labels_of_texts_and_of_spans(imported):
    lines = [
        {"id": 1, "text": "a text", "label": ["neutral", "gains_russia"], "Comments": []},
        {"id": 2, "text": "a text too", "label": [
            [0, 1, "gains_russia"], [2, 6, "losses_ukraine"], [2, 6, "gains_russia"]]},
        {"id": 3, "text": "third", "entities": [{"id": 1, "label": "pro_russia", "start_offset": 0, "end_offset": 5}],
         "relations": []},
        {"id": 4, "text": "fourth", "label": []},
    ]  # fmt: skip
    read = imported({"all.jsonl": lines})
    assert read.imported.layout == "doccano"
    assert [(row["stance"], row["frame"]) for row in read.rows] == [
        ("neutral", ["gains_russia"]), (None, ["gains_russia", "losses_ukraine"]), ("pro_russia", []), (None, []),
    ]  # fmt: skip
    assert all("technique" not in row for row in read.rows)


def test_doccanos_files_by_user_name_the_annotator(imported):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for user, label in (("anna", "neutral"), ("borys", "pro_russia")):
            archive.writestr(f"{user}.jsonl", '{"id": 1, "text": "a", "label": ["%s"]}\n' % label)  # noqa: UP031
    rows = imported({"export.zip": packed.getvalue()}, layout="doccano").rows
    assert [(row["annotator"], row["stance"]) for row in rows] == [("anna", "neutral"), ("borys", "pro_russia")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"text": "abc"}, "line 1: no label, labels or entities among text"),
        ({"body": "abc", "label": []}, "line 1: no text 'text' among body, label. Name it with --text NAME"),
        ({"text": "abc", "label": [[0, 9, "neutral"]]}, "label, 1: characters 0 to 9 do not lie in the text of 3"),
        ({"text": "abc", "label": [[2, 1, "neutral"]]}, "characters 2 to 1 do not lie"),
        ({"text": "abc", "label": [["a", 1, "neutral"]]}, "two whole numbers are expected, here are 'a' and 1"),
        ({"text": "abc", "label": [[0, "neutral"]]}, "[start, end, label] is expected, here are 2 values"),
        ({"text": "abc", "label": 3}, "label: a list of labels is expected, here is 3"),
        ({"text": "abc", "labelled": 3, "label": []}, "labelled: names of tasks joined by | is expected"),
        ({"text": " ", "label": ["neutral"]}, "line 1, text: the text is empty"),
    ],
)
def test_what_is_wrong_in_doccanos_lines(line, message, problems):
    [problem] = problems({"all.jsonl": [line]}, layout="doccano")
    assert problem.startswith("all.jsonl, line 1") and message in problem


def test_columns_of_zeros_and_ones(imported):
    table = "id,text,neutral,pro_russia,frame.gains_russia,frame.losses_ukraine,length\n"
    table += "1,a,1,0,1,1,12\n2,b,0,1,0,0,1\n3,c,,,,,7\n"
    read = imported({"labels.csv": table})
    assert read.imported.layout == "columns"
    assert [(row["stance"], row["frame"], row["length"]) for row in read.rows] == [
        ("neutral", ["gains_russia", "losses_ukraine"], "12"), ("pro_russia", [], "1"), (None, None, "7"),
    ]  # fmt: skip


def test_columns_become_one_task_of_a_codebook(imported):
    read = imported({"l.csv": "text,Loaded Language,Whataboutism\na,1,0\nb,1,1\nc,0,0\n"}, made=True, task="technique")
    assert [row["technique"] for row in read.rows] == [
        ["loaded_language"], ["loaded_language", "whataboutism"], [],
    ]  # fmt: skip
    task = read.imported.corpus.codebook.tasks["technique"]
    assert task.labels["loaded_language"].means == "To be written: what 'Loaded Language' means."


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ("text,neutral\na,1\nb,2\n", {"label_columns": ["neutral"]}, "row 3: neutral: 0 or 1 is expected, here is '2'"),
        (
            "text,neutral,pro_russia\na,1,1\n",
            {},
            "row 2: stance: one label is expected, here are neutral and pro_russia",
        ),
        ("text,neutral\na,1,1\n", {"layout": "columns"}, "row 2: has 3 fields, the header has 2"),
        ("body,neutral\na,1\n", {}, "row 2: no column 'text' among body, neutral. Name it with --text NAME"),
    ],
)
def test_what_is_wrong_in_columns(table, options, message, problems):
    [problem] = problems({"l.csv": table}, **options)
    assert problem.startswith(f"l.csv, {message}")


@pytest.mark.parametrize("place", ["saved", "hub"])
def test_a_datasets_folder_with_class_labels(place, tmp_path, codebook, imported):
    kinds = datasets.Features(text=datasets.Value("string"), label=datasets.ClassLabel(names=["neutral", "pro_russia"]))
    part = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=kinds)
    if place == "saved":
        datasets.DatasetDict({"train": part, "test": part}).save_to_disk(tmp_path / "data")
    else:
        (tmp_path / "data" / "data").mkdir(parents=True)
        for name in ("train", "test"):
            part.to_parquet(tmp_path / "data" / "data" / f"{name}-00000-of-00001.parquet")
    read = imported({})
    assert read.imported.layout == "datasets"
    found = sorted((row["split"], row["text"], row["stance"]) for row in read.rows)
    assert found == [(s, *row) for s in ("test", "train") for row in (("a", "neutral"), ("b", "pro_russia"))]
