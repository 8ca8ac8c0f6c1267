"""Label Studio: tasks with one or several annotations, skipped ones, drafts, and the flat exports."""

from __future__ import annotations

import json

import pytest


def choice(control, *labels, kind="choices", **more):
    return {"from_name": control, "to_name": "text", "type": kind, "value": {kind: list(labels)}, **more}


def annotation(*results, by=None, **more):
    return {"result": list(results), **({"completed_by": by} if by is not None else {}), **more}


def task(number, *annotations, text="They took the hill.", **data):
    return {"id": number, "data": {"text": text, **data}, "annotations": list(annotations), "predictions": []}


def test_each_annotators_answers_become_a_row(imported):
    tasks = [
        task(
            7,
            annotation(choice("stance", "neutral"), choice("frame", "gains_russia", "losses_ukraine"), by=3),
            annotation(choice("stance", "pro_russia"), by={"id": 4, "email": "anna@example.org"}),
            source="tass",
            url="https://example.org/1",
        )
    ]
    read = imported({"export.json": tasks})
    assert read.imported.layout == "label-studio", "told from the records"
    assert read.rows == [
        {
            "text": "They took the hill.", "source": "tass", "url": "https://example.org/1", "id": 7, "annotator": "3",
            "stance": "neutral", "frame": ["gains_russia", "losses_ukraine"],
        },
        {
            "text": "They took the hill.", "source": "tass", "url": "https://example.org/1", "id": 7,
            "annotator": "anna@example.org", "stance": "pro_russia", "frame": [],
        },
    ]  # fmt: skip


def test_skipped_drafts_predictions_and_unlabelled_tasks_are_left_out_and_counted(imported):
    tasks = [
        task(1, annotation(choice("stance", "neutral"))),
        task(2, annotation(choice("stance", "neutral"), was_cancelled=True)),
        task(3) | {"drafts": [{"result": [choice("stance", "neutral")]}]},
        task(4) | {"predictions": [{"result": [choice("stance", "pro_russia")]}]},
        task(5, annotation(choice("stance", "neutral"), {"type": "rating", "from_name": "r", "value": {"rating": 3}})),
    ]
    read = imported({"export.json": tasks})
    assert [row["id"] for row in read.rows] == [1, 5]
    assert read.imported.passed_over == {
        "annotations that were skipped": 1,
        "tasks without a finished annotation": 3,
        "results of the type rating, which has no labels": 1,
    }
    read = imported({"export.json": tasks}, unfinished=True, overwrite=True)
    assert [(row["id"], row["stance"]) for row in read.rows[1:4]] == [(2, None), (3, None), (4, None)]


def test_an_annotation_without_a_choice_is_none_of_the_labels_where_the_task_was_asked(imported):
    tasks = [task(1, annotation(choice("frame", "gains_russia"))), task(2, annotation())]
    rows = imported({"export.json": tasks}).rows
    assert [row["frame"] for row in rows] == [["gains_russia"], []]
    assert all("technique" not in row and "stance" not in row for row in rows), "nobody was asked"


def test_spans_and_taxonomies_give_their_labels(imported):
    tasks = [
        task(1, annotation(
            choice("frame", "gains_russia", kind="labels"), choice("frame", "gains_russia", kind="labels"),
            {"from_name": "technique", "type": "taxonomy", "value": {"taxonomy": [["all", "call"], ["distraction"]]}},
        ))
    ]  # fmt: skip
    [row] = imported({"export.json": tasks}).rows
    assert row["frame"] == ["gains_russia"] and row["technique"] == ["call", "distraction"]


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_the_flat_exports_are_read(ending, imported):
    many = {"choices": ["gains_russia", "losses_ukraine"]}
    rows = [
        {"text": "a", "source": "tass", "id": 1, "stance": "neutral", "frame": many, "annotator": 2,
         "annotation_id": 9, "lead_time": 1.5},
        {"text": "b", "source": "tass", "id": 2, "stance": "pro_russia", "frame": "", "annotator": 2,
         "annotation_id": 10, "lead_time": 2.5},
    ]  # fmt: skip
    if ending == "csv":
        quoted = json.dumps(many).replace('"', '""')
        content = "text,source,id,stance,frame,annotator,annotation_id\n"
        content += f'a,tass,1,neutral,"{quoted}",2,9\nb,tass,2,pro_russia,,2,10\n'
    read = imported({f"project.{ending}": rows if ending == "json" else content})
    assert read.imported.layout == "label-studio"
    assert [(row["stance"], row["frame"]) for row in read.rows] == [
        ("neutral", ["gains_russia", "losses_ukraine"]), ("pro_russia", []),
    ]  # fmt: skip
    assert read.rows[0]["annotator"] == "2"


def test_controls_of_a_flat_export_are_told_by_their_place(imported):
    row = {"text": "a", "side": "tass", "id": 1, "opinion": "Bad", "annotator": 2, "annotation_id": 9}
    read = imported({"p.json": [row, row | {"opinion": "Good", "id": 2}]}, made=True)
    assert [one["opinion"] for one in read.rows] == ["bad", "good"]
    assert list(read.imported.corpus.codebook.tasks) == ["opinion"]
    assert read.imported.corpus.codebook.tasks["opinion"].kind == "single"


def test_the_majority_of_annotators_decides_and_ties_stay_open(imported):
    def by(who, stance, *frames):
        return annotation(choice("stance", stance), choice("frame", *frames), by=who)

    tasks = [
        task(
            1, by(1, "neutral", "gains_russia"), by(2, "neutral", "gains_russia", "losses_russia"), by(3, "pro_russia")
        ),
        task(2, by(1, "neutral"), by(2, "pro_russia"), text="another"),
    ]  # fmt: skip
    read = imported({"e.json": tasks}, one_row="majority")
    assert [(row["stance"], row["frame"]) for row in read.rows] == [("neutral", ["gains_russia"]), (None, [])]
    assert read.imported.notes == ("1 answers without a majority are left unlabelled",)
    first = imported({"e.json": tasks}, one_row="first", overwrite=True).rows
    assert [(row["stance"], row["annotator"]) for row in first] == [("neutral", "1"), ("neutral", "1")]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"id": 5, "data": "text", "annotations": []}, "task 5: data: an object is expected, here is 'text'"),
        (task(5) | {"annotations": {}}, None),
        (task(5) | {"annotations": {"a": 1}}, "task 5: annotations: a list is expected"),
        (task(5, 3), "task 5: annotations, 1: an object is expected, here is 3"),
        (task(5, {"result": {"a": 1}}), "task 5: annotations, 1, result: a list is expected"),
        (task(5, annotation(4)), "task 5: annotations, 1, result 1: an object is expected, here is 4"),
        (task(5, annotation(choice(None, "neutral"))), "result 1, from_name: the name of a control is expected"),
        (task(5, annotation({"type": "choices", "from_name": "s"})), "result 1, value: an object is expected"),
        (task(5, annotation(choice("stance", 5))), "result 1, choices: a label is text, here is 5"),
        ({"id": 5, "data": {"body": "a"}, "annotations": []}, "no text 'text' among body. Name it with --text NAME"),
        (task(5, annotation(choice("stance", "neutral", "pro_russia"))), "task 5: stance: one label is expected"),
    ],
)  # fmt: skip
def test_a_fault_names_file_task_and_what_was_expected(broken, message, imported, problems):
    files = {"export.json": [task(1, annotation(choice("stance", "neutral"))), broken]}
    if message is None:  # an empty object for no annotations is how old versions wrote it
        assert len(imported(files).rows) == 1
        return
    [problem] = problems(files)
    assert problem.startswith("export.json, task 5")
    assert message in problem
