from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.decision import Decision, TaskDecision, read_decision
from narrashift.model.errors import UserError

GOOD = {"tasks": {"topics": {"temperature": 1.5, "thresholds": {"shelling": 0.3, "raid": 0.5, "trade": 0.7}}}}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["tasks", "topics", "temperature"]), inner),
    max_leaves=8,
)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "decision.json"


def test_a_written_decision_is_read_back_the_same(path, topics):
    decision = Decision.model_validate(GOOD)
    path.write_text(decision.model_dump_json(), "utf-8")
    assert read_decision(path, codebook=topics) == decision
    assert decision.tasks["topics"] == TaskDecision(
        temperature=1.5, thresholds={"shelling": 0.3, "raid": 0.5, "trade": 0.7}
    )


def test_the_offsets_of_a_single_task_are_those_of_all_its_labels_or_none(path, mood, refusal):
    leaves = mood.tasks["mood"].leaves
    whole = {"tasks": {"mood": {"offsets": dict.fromkeys(leaves, 0.5)}}}
    path.write_text(json.dumps(whole), "utf-8")
    assert read_decision(path, codebook=mood) == Decision.model_validate(whole)
    for wrong in ({leaves[0]: 0.5}, dict.fromkeys([*leaves, "glum"], 0.5), dict.fromkeys(leaves, 11.0)):
        path.write_text(json.dumps({"tasks": {"mood": {"offsets": wrong}}}), "utf-8")
        refusal(lambda: read_decision(path, codebook=mood), "decision.json")


@pytest.mark.parametrize(
    "task",
    [
        {"temperature": 0},
        {"temperature": -1},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"temperature": "hot"},
        {"temprature": 1},
        {"thresholds": {}},
        {"thresholds": {"shelling": 0.3, "raid": 0.5}},
        {"thresholds": {"shelling": 0.3, "raid": 0.5, "trade": 0.7, "violence": 0.5}},
        {"thresholds": {"shelling": 0.3, "raid": 0.5, "commerce": 0.7}},
        {"thresholds": {"shelling": 0.3, "raid": 0.5, "trade": None}},
        {"thresholds": {"shelling": 0.3, "raid": 0.5, "trade": float("nan")}},
        {"thresholds": {"shelling": 0.3, "raid": 0.5, "trade": 70}},
        {"thresholds": {"shelling": 0.3, "raid": 0.5, "trade": -0.1}},
        {"offsets": {"shelling": 0.0, "raid": 0.0, "trade": 0.0}},
    ],
    ids=str,
)
def test_a_decision_that_cannot_be_right_is_refused_with_its_file(path, topics, refusal, task):
    path.write_text(json.dumps({"tasks": {"topics": GOOD["tasks"]["topics"] | task}}), "utf-8")
    refusal(lambda: read_decision(path, codebook=topics), "decision.json")


@pytest.mark.parametrize(
    "content",
    [
        {"tasks": {}},
        {"tasks": {"mood": {}}},
        {"tasks": GOOD["tasks"] | {"mood": {}}},
        GOOD | {"version": 2},
        {},
        [],
        None,
        "text",
    ],
    ids=str,
)
def test_a_decision_for_other_tasks_is_refused_with_its_file(path, topics, refusal, content):
    path.write_text(json.dumps(content), "utf-8")
    refusal(lambda: read_decision(path, codebook=topics), "decision.json")


def test_thresholds_for_a_single_task_are_refused(path, mood, refusal):
    path.write_text(json.dumps({"tasks": {"mood": {"thresholds": {"hopeful": 0.5, "bleak": 0.5}}}}), "utf-8")
    refusal(lambda: read_decision(path, codebook=mood), "decision.json", "mood")


def test_a_wrong_value_is_named(path, topics, refusal):
    path.write_text(json.dumps({"tasks": {"topics": GOOD["tasks"]["topics"] | {"temperature": "hot"}}}), "utf-8")
    refusal(lambda: read_decision(path, codebook=topics), "temperature")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000], ids=["empty", "cut", "binary", "deep"])
def test_what_is_no_json_is_refused_with_its_file(path, topics, refusal, content):
    path.write_bytes(content)
    refusal(lambda: read_decision(path, codebook=topics), "decision.json")


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_any_json_is_read_or_refused_and_never_a_crash(tmp_path_factory, topics, content):
    path = tmp_path_factory.getbasetemp() / "decision.json"
    path.write_text(json.dumps(content), "utf-8")
    try:
        assert set(read_decision(path, codebook=topics).tasks) >= set(topics.tasks)
    except UserError as error:
        assert str(path) in str(error)
