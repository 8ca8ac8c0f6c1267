"""What is wrong with labelled passages is said with file, row, column, value and what is allowed; all of it."""

from __future__ import annotations

import pytest

import narrashift

GOOD = '{"text": "a", "stance": "neutral"}\n'


def test_an_unknown_label_names_its_place_and_the_nearest_label(refused):
    assert refused({"c.jsonl": GOOD + '{"text": "b", "frame": ["gain_ukraine", "gains_russia"]}\n'}) == [
        "c.jsonl, line 2, frame: 'gain_ukraine' is no label of this codebook (gains_ukraine, gains_russia, "
        "losses_ukraine, losses_russia, information_warfare; did you mean gains_ukraine?)"
    ]


def test_rows_of_csv_are_counted_with_the_header_and_under_the_users_column_name(refused):
    [problem] = refused({"c.csv": "text,side\na,neutral\nb,pro_rusia\n"}, column={"stance": "side"})
    assert problem.startswith("c.csv, row 3, side: 'pro_rusia' is no label")
    assert problem.endswith("did you mean pro_russia?)")


def test_a_derived_parent_names_the_labels_to_use_instead(refused):
    [problem] = refused({"c.jsonl": '{"text": "a", "frame": ["losses"]}\n'})
    assert problem == (
        "c.jsonl, line 1, frame: 'losses' is derived from losses_ukraine, losses_russia and never annotated; name those"
    )


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ('"stance": ["neutral"]', "one label is expected, not a list"),
        ('"stance": 1', "'1' is no label"),
        ('"stance": "Neutral "', "did you mean neutral?"),
        ('"frame": 3', "a list of labels is expected"),
        ('"frame": {"gains_russia": 1}', "a list of labels is expected"),
        ('"frame": [["gains_russia"]]', "is no label"),
        ('"frame": [null]', "is no label"),
        ('"split": "dev", "stance": "neutral"', "'dev' is no split (train, validation, test"),
        ('"weight": 0, "stance": "neutral"', "'0' is no weight (a number above 0"),
        ('"weight": "nan", "stance": "neutral"', "'nan' is no weight"),
        ('"weight": "heavy", "stance": "neutral"', "'heavy' is no weight"),
    ],
)
def test_a_label_of_the_wrong_kind(label, expected, refused):
    [problem] = refused({"c.jsonl": f'{{"text": "a", {label}}}\n'})
    assert problem.startswith("c.jsonl, line 1, ")
    assert expected in problem


def test_a_missing_text_column_lists_the_columns_and_the_option(refused):
    assert refused({"c.csv": "body,stance\na,neutral\n"}) == [
        "c.csv: no column 'text' among body, stance. Name it with --column text=NAME"
    ]


def test_no_column_for_any_task(refused):
    [problem] = refused({"c.csv": "text,label\na,neutral\nb,neutral\n"})
    assert problem.startswith("c.csv: no column for any task (stance, frame, technique) among text, label.")
    assert "--column stance=NAME" in problem
    assert "--codebook FILE" in problem


def test_a_later_line_without_text_is_an_error_and_no_empty_passage(refused):
    [problem] = refused({"c.jsonl": GOOD + '{"stance": "neutral"}\n'})
    assert problem.startswith("c.jsonl, line 2, text: ")


def test_files_of_the_same_name_are_checked_each_and_told_apart(refused, tmp_path):
    [problem] = refused({"one/c.csv": "text,stance\na,neutral\n", "two/c.csv": "body,stance\nb,neutral\n"})
    assert "no column 'text' among body, stance" in problem
    assert "two/c.csv" in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [('""', "empty"), ('"  \\n"', "empty"), ("null", "missing"), ("5", "no text"), ('"\\ud800"', "half a character")],
)
def test_a_text_that_is_none(text, expected, refused):
    [problem] = refused({"c.jsonl": f'{{"text": {text}, "stance": "neutral"}}\n'})
    assert problem.startswith("c.jsonl, line 1, text: ")
    assert expected in problem


def test_a_date_that_is_not_iso_is_an_error(refused):
    [problem] = refused({"c.csv": "text,stance,date\na,neutral,yesterday\n"})
    assert problem.startswith("c.csv, row 2, date: 'yesterday'")


def test_all_errors_are_listed_over_all_files_and_in_order(refused, codebook):
    problems = refused(
        {
            "a.jsonl": '{"text": "", "stance": "x", "frame": ["y", "z"]}\nnonsense\n',
            "b.csv": "text,stance\nb,w\n",
            "c.csv": "body,stance\nc,neutral\n",
            "d.jsonl": "",
        }
    )
    places = [problem.split(":")[0] for problem in problems]
    assert places == [
        "a.jsonl, line 1, text", "a.jsonl, line 1, stance", "a.jsonl, line 1, frame", "a.jsonl, line 2",
        "b.csv, row 2, stance", "c.csv", "d.jsonl",
    ]  # fmt: skip
    assert "'y'" in problems[2]
    assert "'z'" in problems[2]


def test_more_errors_than_a_screen_holds_are_counted(refused):
    problems = refused({"c.csv": "text,stance\n" + "a,wrong\n" * 70})
    assert len(problems) == 70
    lines = narrashift.UserError(problems, consequence="nothing was trained").lines()
    assert lines[-2:] == ["… and 20 more", "70 errors, nothing was trained."]


@pytest.mark.parametrize("reader", ["files", "dataset"])
def test_a_mapped_name_that_is_no_field(reader, tmp_path, codebook):
    (tmp_path / "a.csv").write_text("text,stance\na,neutral\n")
    with pytest.raises(narrashift.UserError, match=r"txt=…: no such field .*did you mean text\?"):
        if reader == "files":
            narrashift.read_corpus([tmp_path / "a.csv"], codebook=codebook, column={"txt": "body"})
        else:
            rows = [{"text": "a", "stance": "neutral"}]
            narrashift.from_dataset(rows, codebook=codebook, column={"txt": "body"})
