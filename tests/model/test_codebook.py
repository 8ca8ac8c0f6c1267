from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

import narrashift
from narrashift.model.codebook import Codebook, Label, Task, parse_codebook, read_codebook


def task(kind: str, **parents: str | None) -> Task:
    return Task(kind=kind, labels={name: Label(means=name, parent=parent) for name, parent in parents.items()})


def test_the_default_codebook_asks_stance_frame_and_technique():
    codebook = narrashift.read_codebook()
    assert {name: t.kind for name, t in codebook.tasks.items()} == {
        "stance": "single",
        "frame": "multi",
        "technique": "multi",
    }
    assert codebook.tasks["frame"].parents == {
        "gains": ("gains_ukraine", "gains_russia"),
        "losses": ("losses_ukraine", "losses_russia"),
    }
    assert all(label.means.strip() for t in codebook.tasks.values() for label in t.labels.values())


def test_a_codebook_is_read_from_a_file_of_ones_own(tmp_path, mood):
    path = tmp_path / "mood.toml"
    path.write_text(mood.to_toml(), "utf-8")
    assert read_codebook(path) == read_codebook(str(path)) == mood
    assert mood.tasks["mood"].leaves == ("hopeful", "bleak")


@pytest.mark.parametrize("field", ["name", "version", "tasks"])
def test_a_codebook_cannot_be_changed(mood, field):
    with pytest.raises(ValidationError, match="frozen"):
        setattr(mood, field, "other")


def test_a_task_and_a_label_cannot_be_changed(mood):
    with pytest.raises(ValidationError, match="frozen"):
        mood.tasks["mood"].kind = "multi"
    with pytest.raises(ValidationError, match="frozen"):
        mood.tasks["mood"].labels["bleak"].means = "else"


def test_leaves_leave_out_parents_and_keep_the_order_of_the_codebook(topics):
    assert topics.tasks["topics"].leaves == ("shelling", "raid", "trade")
    assert topics.tasks["topics"].parents == {"violence": ("shelling", "raid")}


def test_a_parents_probability_is_the_largest_of_its_children(topics):
    columns = topics.tasks["topics"].with_parents(np.array([[0.2, 0.7, 0.9], [0.4, 0.1, 0.0]]))
    assert list(columns) == ["shelling", "raid", "trade", "violence"]
    np.testing.assert_array_equal(columns["violence"], [0.7, 0.4])
    np.testing.assert_array_equal(columns["trade"], [0.9, 0.0])


def test_parents_of_no_passage_are_no_probabilities(topics):
    assert topics.tasks["topics"].with_parents(np.empty((0, 3)))["violence"].shape == (0,)


@pytest.mark.parametrize(
    ("leaves", "on"),
    [
        ([], []),
        (["trade"], ["trade"]),
        (["raid"], ["raid", "violence"]),
        (["trade", "raid", "shelling"], ["shelling", "raid", "trade", "violence"]),
    ],
)
def test_a_parent_is_on_when_a_child_is(topics, leaves, on):
    assert topics.tasks["topics"].closed(leaves) == on


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"a": "b", "c": None}, "'b' is no other label"),
        ({"a": "a", "c": None}, "'a' is no other label"),
        ({"a": "b", "b": "c", "c": None}, "has a parent itself"),
        ({"a": "b", "b": "a"}, "has a parent itself"),
        ({"a": "", "b": None}, "'' is no other label"),
    ],
)
def test_a_parent_has_to_be_another_label_without_a_parent(labels, said):
    with pytest.raises(ValidationError, match=said):
        task("multi", **labels)


def test_a_single_task_has_no_parents():
    with pytest.raises(ValidationError, match="parents are for tasks of kind multi"):
        task("single", a="b", b=None, c=None)


@pytest.mark.parametrize(("kind", "labels"), [("single", {"a": None}), ("single", {}), ("multi", {})])
def test_a_task_needs_labels_enough_to_choose_from(kind, labels):
    with pytest.raises(ValidationError, match="two labels or more"):
        task(kind, **labels)


def test_one_label_is_enough_for_a_multi_task():
    assert task("multi", only=None).leaves == ("only",)


def test_the_digest_changes_with_what_is_predicted_and_not_with_wording(topics):
    same = parse_codebook(topics.to_toml().replace("artillery", "guns").replace('"1"', '"2"'), place="x")
    assert same.digest == topics.digest
    renamed = parse_codebook(topics.to_toml().replace("trade", "commerce"), place="x")
    orphaned = parse_codebook(topics.to_toml().replace('parent = "violence"', "", 1), place="x")
    labels = topics.tasks["topics"].labels
    turned = Codebook(
        name="topics",
        version="1",
        tasks={"topics": Task(kind="multi", labels=dict(reversed(labels.items())))},
    )
    assert len({c.digest for c in (topics, renamed, orphaned, turned)}) == 4
