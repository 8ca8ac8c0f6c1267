"""The default codebook: three tasks, their labels and parents, each with its meaning."""

from importlib import resources

import pytest

import narrashift
from narrashift.model.codebook import parse_codebook

STANCE = ("pro_ukraine", "pro_russia", "neutral")
FRAME = ("gains_ukraine", "gains_russia", "losses_ukraine", "losses_russia", "information_warfare")
TECHNIQUE = (
    "attack_on_reputation",
    "justification",
    "simplification",
    "distraction",
    "call",
    "manipulative_wording",
)


def test_tasks_are_three_of_the_right_kinds(codebook):
    assert {name: task.kind for name, task in codebook.tasks.items()} == {
        "stance": "single",
        "frame": "multi",
        "technique": "multi",
    }


@pytest.mark.parametrize(("task", "leaves"), [("stance", STANCE), ("frame", FRAME), ("technique", TECHNIQUE)])
def test_annotated_labels_are_those_of_the_page_in_its_order(codebook, task, leaves):
    assert codebook.tasks[task].leaves == leaves


def test_gains_and_losses_are_derived_from_either_side(codebook):
    assert codebook.tasks["frame"].parents == {
        "gains": ("gains_ukraine", "gains_russia"),
        "losses": ("losses_ukraine", "losses_russia"),
    }
    assert codebook.tasks["stance"].parents == codebook.tasks["technique"].parents == {}


def test_labels_are_exactly_those_that_the_corpus_uses(codebook, starter_rows):
    for name, task in codebook.tasks.items():
        used = {label for row in starter_rows for label in ([row[name]] if task.kind == "single" else row[name])}
        assert used == set(task.leaves), name


def test_every_task_and_label_says_what_it_means(codebook):
    for name, task in codebook.tasks.items():
        assert len(task.means.split()) >= 8, name
        meanings = [label.means for label in task.labels.values()]
        assert all(len(means.split()) >= 4 and means.endswith(".") for means in meanings), name
        assert len(set(meanings)) == len(meanings), name


def test_every_stance_has_an_example_that_is_no_passage_of_the_corpus(codebook, starter_rows):
    texts = [row["text"] for row in starter_rows]
    for name, label in codebook.tasks["stance"].labels.items():
        assert label.examples, name
        assert not [text for text in texts for example in label.examples if example in text], name


def test_writing_and_reading_changes_nothing(codebook):
    again = parse_codebook(codebook.to_toml(), place="written")
    assert again == codebook
    assert again.digest == codebook.digest


def test_the_file_that_ships_is_the_default():
    text = resources.files("narrashift.seeds").joinpath("codebook.toml").read_text("utf-8")
    assert parse_codebook(text, place="shipped") == narrashift.read_codebook()
