"""Labels that are not the codebook's: mapped, left out, made into a codebook, or named in an error."""

from __future__ import annotations

import pytest

from narrashift.model.codebook import read_codebook
from narrashift.training.data.layouts.mapping.names import label_name

LINES = [
    {"text": "a", "label": ["Їх мітка", "neutral"]},
    {"text": "b", "label": ["Їх мітка"]},
    {"text": "c", "label": ["x=y"]},
]


def test_every_unknown_label_is_named_with_its_first_place_its_count_and_the_way_out(problems):
    found = problems({"l.jsonl": LINES})
    assert len(found) == 2
    assert found[0].startswith(
        "l.jsonl, line 1: 'Їх мітка' (2 passages) is no label of this codebook (stance.pro_ukraine"
    )
    assert found[1].startswith("l.jsonl, line 3: 'x=y' (1 passages)")
    assert '--map "THEIRS=task.label"' in found[1] and "--make-codebook FILE" in found[1]


def test_labels_are_mapped_and_left_out(imported):
    rows = imported({"l.jsonl": LINES}, label_map={"Їх мітка": "frame.gains_russia", "x=y": ""}).rows
    assert [(row["stance"], row["frame"]) for row in rows] == [
        ("neutral", ["gains_russia"]), (None, ["gains_russia"]), (None, []),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("label_map", "message"),
    [
        (
            {"Їх мітка": "frame.gain_russia", "x=y": ""},
            "--map Їх мітка=frame.gain_russia: no such label of this codebook",
        ),
        ({"Їх мітка": "frame.losses", "x=y": ""}, "--map Їх мітка=frame.losses: no such label of this codebook"),
        ({"Їх мітка": "", "x=y": "", "typo": ""}, "--map typo=…: the data have no such label"),
    ],
)
def test_a_wrong_map_is_an_error(label_map, message, problems):
    assert message in problems({"l.jsonl": LINES}, label_map=label_map)[0]


def test_a_parent_is_never_annotated(problems):
    [problem] = problems({"l.jsonl": [{"text": "a", "label": ["losses"]}]})
    assert "'losses' (1 passages) is derived from losses_ukraine, losses_russia and never annotated" in problem


def test_a_codebook_is_made_and_says_that_meanings_are_to_be_written(imported, tmp_path):
    read = imported({"l.jsonl": LINES}, made=True)
    book = read_codebook(tmp_path / "made.toml")
    assert list(book.tasks["label"].labels) == ["ikh_mitka", "neutral", "x_y"]
    assert book.tasks["label"].kind == "multi"
    assert book.tasks["label"].labels["ikh_mitka"].means == "To be written: what 'Їх мітка' means."
    assert [row["label"] for row in read.rows] == [["ikh_mitka", "neutral"], ["ikh_mitka"], ["x_y"]]


def test_a_made_codebook_takes_the_next_file_by_itself(imported):
    book = imported({"l.jsonl": LINES}, made=True).imported.corpus.codebook
    rows = imported({"l.jsonl": [{"text": "d", "label": ["Їх мітка"]}]}, codebook=book, overwrite=True).rows
    assert rows == [{"text": "d", "label": ["ikh_mitka"]}]


def test_names_that_fall_together_stay_apart(imported):
    lines = [{"text": "a", "label": ["A b", "a-b", "日本", "id"]}]
    book = imported({"l.jsonl": lines}, made=True, task="split").imported.corpus.codebook
    assert list(book.tasks["split_2"].labels) == ["a_b", "a_b_2", "label_1", "id"]


@pytest.mark.parametrize(
    ("words", "name"),
    [("Appeal to fear/prejudice", "appeal_to_fear_prejudice"), ("Щось", "shchos"), ("2nd", "l_2nd"), ("日", "")],
)
def test_names_of_labels(words, name):
    assert label_name(words) == name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "excel"}, "--layout excel: no such layout (label-studio, doccano"),
        ({"task": "t"}, "--task t: names the task of a codebook that is made"),
        ({"made": True, "label_map": {"neutral": "stance.neutral"}}, "with --make-codebook only --map LABEL="),
    ],
)
def test_options_that_do_not_fit(options, message, problems):
    assert message in problems({"l.jsonl": LINES}, **options)[0]


def test_a_layout_that_cannot_be_told_is_asked_for(problems):
    [problem] = problems({"a.csv": "text,stance\na,neutral\n"})
    assert "its layout cannot be told. Name it with --layout (label-studio, doccano" in problem


def test_faults_of_records_and_of_labels_are_said_together(problems):
    found = problems({"l.jsonl": [*LINES, {"text": "a", "label": 3}]})
    assert found[0].startswith("l.jsonl, line 4: label: a list of labels") and len(found) == 3


def test_no_label_means_none_only_where_it_is_said(imported):
    lines = [
        {"text": "a", "label": ["frame.gains_russia"], "labelled": "frame"},
        {"text": "b", "label": [], "labelled": ""},
    ]
    assert [row["frame"] for row in imported({"l.jsonl": lines}).rows] == [["gains_russia"], None]
    rows = imported({"l.jsonl": lines}, none_where_empty=True, overwrite=True).rows
    assert [row["frame"] for row in rows] == [["gains_russia"], []]
