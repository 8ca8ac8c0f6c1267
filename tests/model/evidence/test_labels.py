from __future__ import annotations

import numpy as np
import pytest

from narrashift.model.codebook import parse_codebook
from narrashift.model.decision import Decision
from narrashift.model.evidence.labels import decided_labels, direction, still_decided

OWN = """
[codebook]
name = "own"
version = "1"
[tasks.mood]
kind = "single"
labels = { calm = { means = "calm" }, angry = { means = "angry" }, sad = { means = "sad" } }
[tasks.topic]
kind = "multi"
[tasks.topic.labels]
goods = { means = "any good" }
bread = { means = "bread", parent = "goods" }
fuel = { means = "fuel", parent = "goods" }
"""
LOGITS = {"mood": np.array([[1.0, 3.0, 2.0], [5.0, 0.0, -1.0]]), "topic": np.array([[-1.0, -1.0], [2.0, 1.0]])}


@pytest.fixture(scope="module")
def own():
    codebook = parse_codebook(OWN, place="own.toml")
    return {"codebook": codebook, "decision": Decision.default(codebook)}


def test_every_leaf_that_is_on_is_sought_and_no_parent(own):
    found = [(label.text, label.task, label.leaf, label.rival) for label in decided_labels(LOGITS, **own)]
    assert found == [(0, "mood", 1, 2), (1, "mood", 0, 1), (1, "topic", 0, None), (1, "topic", 1, None)]


def test_what_is_left_undecided_is_not_sought(own):
    """No passage is sure enough where nothing is known of the risks."""
    assert decided_labels(LOGITS, **own, abstain=0.1) == []


def test_a_label_stands_while_it_is_decided_in_its_own_row(own):
    labels = decided_labels(LOGITS, **own)
    rows = {"mood": LOGITS["mood"][[1, 1, 0, 0]], "topic": np.array([[0, 0], [0, 0], [1.0, -1.0], [1.0, -1.0]])}
    assert still_decided(rows, labels, **own).tolist() == [False, True, True, False]


def test_the_odds_of_a_single_label_are_those_against_its_rival(own):
    mood, _, bread, _ = decided_labels(LOGITS, **own)
    assert direction(mood, leaves=3, decision=own["decision"]).tolist() == [0, 1, -1]
    assert direction(bread, leaves=2, decision=own["decision"]).tolist() == [1, 0]
