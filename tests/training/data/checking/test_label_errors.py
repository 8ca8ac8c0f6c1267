"""Planted label errors are found; what is consistent, or too little, raises no suspicion."""

from __future__ import annotations

import numpy as np
import pytest

import narrashift
from narrashift.training.data.checking.label_errors import suspects
from narrashift.training.data.duplicates import near_duplicates

BOOK = narrashift.model.codebook.parse_codebook(
    """
    [codebook]
    name = "sides"
    version = "1"
    [tasks.side]
    kind = "single"
    labels.ours = { means = "a" }
    labels.theirs = { means = "b" }
    labels.nobody = { means = "c" }
    [tasks.topic]
    kind = "multi"
    labels.grain = { means = "d" }
    labels.rare = { means = "e" }
    """,
    place="book",
)
SAID = {"ours": "our brave soldiers held", "theirs": "the enemy fled in panic", "nobody": "the weather stayed mild"}


def labelled() -> narrashift.Corpus:
    rng = np.random.default_rng(0)
    rows = []
    for i in range(240):
        side = (*SAID,)[i % 3]
        grain = i % 4 == 0
        cargo = "grain and wheat left the port" if grain else ""
        said = f"{SAID[side]} {cargo} {' '.join(rng.choice([*'abcdefgh'], 4))} {i}"
        rows.append(
            {"text": said, "side": side, "topic": ["grain"] * grain + ["rare"] * (i == 5), "group": f"g{i // 2}"}
        )
    return narrashift.from_dataset(rows, codebook=BOOK)


@pytest.fixture(scope="module")
def found():
    corpus = labelled()
    corpus.targets["side"][[6, 61, 122]] = [1, 2, 0]  # were 0, 1, 2
    corpus.targets["topic"][[40, 41], 0] = [0, 1]  # were 1, 0
    return suspects(corpus, pairs=[])


def test_planted_errors_are_named_with_what_they_should_be(found):
    assert {(one.index, one.given, one.suggested) for one in found} == {
        (6, "theirs", "ours"), (61, "nobody", "theirs"), (122, "ours", "nobody"),
        (40, "not grain", "grain"), (41, "grain", "not grain"),
    }  # fmt: skip


def test_the_least_confident_come_first_task_by_task(found):
    assert [one.task for one in found] == ["side"] * 3 + ["topic"] * 2
    confidence = [one.confidence for one in found if one.task == "side"]
    assert confidence == sorted(confidence) and confidence[-1] < 0.5


def test_a_corpus_of_a_few_groups_is_not_judged():
    corpus = labelled().select(range(8))
    assert suspects(corpus, pairs=near_duplicates(corpus.texts)) == []
