"""`narrashift label`: raw passages in, a corpus with soft labels out that `train` accepts."""

from __future__ import annotations

import json

import numpy as np
import pytest

import narrashift
from narrashift.training.labelling.functions import read_functions
from narrashift.training.labelling.label import label_passages
from narrashift.training.labelling.passages import given_shares
from narrashift.training.settings import TrainSettings
from tests.conftest import TINY

FUNCTIONS = """
[shares]
"topic.harvest" = 0.4
[functions.fields]
label = "topic.harvest"
words = ["wheat", "rain"]
[functions.prices]
label = "topic.market"
words = ["price*", "stall"]
[functions.lessons]
label = "topic.school"
words = ["teacher", "lesson*"]
[functions.pride]
label = "mood.proud"
words = ["finest"]
[functions.hope]
label = "mood.hopeful"
words = ["perhaps"]
[functions.anger]
label = "mood.angry"
words = ["outrage*"]
[functions.calm]
label = "mood.angry"
words = ["quietly"]
against = true
"""
SENTENCES = [
    "The wheat stood high after the rain{}.",
    "The price of eggs rose at every stall{}.",
    "The teacher read the lesson twice{}.",
]
MOODS = ["", ", the finest in years", ", perhaps a sign", ", and outrage followed", ", quietly as ever"]


@pytest.fixture
def village(tmp_path):
    """60 raw passages, a codebook and functions for them."""
    from tests.training.conftest import OWN_CODEBOOK

    rows = [
        {"id": f"p{i}", "text": SENTENCES[i % 3].format(MOODS[i % 5]) + f" Day {i}.", "paper": "Echo"}
        for i in range(60)
    ]
    rows += [{"id": "thin", "text": "Nothing that anyone has a word for."}, {"id": "bad", "text": ""}]
    (tmp_path / "raw.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "book.toml").write_text(OWN_CODEBOOK, "utf-8")
    (tmp_path / "functions.toml").write_text(FUNCTIONS, "utf-8")
    return tmp_path


@pytest.fixture
def labelled(village):
    book = narrashift.read_codebook(village / "book.toml")
    functions, shares = read_functions(village / "functions.toml", codebook=book)
    done = label_passages(
        [village / "raw.jsonl"], out=village / "corpus.jsonl", codebook=book, functions=functions, shares=shares,
        backbone=None,
    )  # fmt: skip
    rows = [json.loads(line) for line in (village / "corpus.jsonl").read_text("utf-8").splitlines()]
    return done, {row["id"]: row for row in rows}


def test_passages_keep_their_columns_and_get_labels_and_probabilities(labelled):
    done, rows = labelled
    assert rows["p0"]["paper"] == "Echo"
    for i, topic in enumerate(("harvest", "market", "school")):
        told = {leaf: rows[f"p{i}"][f"soft.topic.{leaf}"] for leaf in ("harvest", "market", "school")}
        assert max(told, key=lambda leaf: told[leaf]) == topic
        assert sum(told.values()) == pytest.approx(1, abs=0.01)
    assert rows["p3"]["soft.mood.angry"] > 0.3 > 0.1 > rows["p4"]["soft.mood.angry"]
    assert len(done.refused) == 1
    assert "raw.jsonl" in done.refused[0]


def test_a_passage_that_nobody_speaks_of_gets_no_label_of_a_single_task(labelled):
    _, rows = labelled
    assert "topic" not in rows.get("thin", {})
    assert "soft.topic.harvest" not in rows.get("thin", {})


def test_train_learns_from_what_was_written(village, labelled, tiny_backbone):
    book = narrashift.read_codebook(village / "book.toml")
    corpus = narrashift.read_corpus([village / "corpus.jsonl"], codebook=book)
    assert set(corpus.soft) == {"topic", "mood"}
    by_hand = [{"text": "Wheat and hope.", "topic": "harvest"}, {"text": "Prices!", "topic": "market"}]
    hand = narrashift.from_dataset([{"mood": ["angry"], **row} for row in by_hand], codebook=book)
    tiny = TrainSettings(backbone=str(tiny_backbone), **{**TINY, "epochs": 1, "lexical": 0})
    trained = narrashift.train(
        corpus=corpus, validation=hand, test=hand, out=village / "bundle", settings=tiny, allow_leaks=True
    )
    assert trained.bundle.exists()


def test_a_bundle_votes_too(village, command, tiny_bundle, small_file):
    out = village / "by_bundle.jsonl"
    done = command("label", small_file, "--model", tiny_bundle, "--out", out, "--no-wording")
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert any("soft.stance.neutral" in row for row in rows)
    assert tiny_bundle.name in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--sure", "0.4"], "--sure 0.4"),
        (["--share", "stance.neutral"], "--share stance.neutral"),
        (["--share", "stance.nobody=0.4"], "stance.nobody"),
        (["--share", "stance.neutral=0.7", "--share", "stance.pro_russia=0.6"], "they sum to 1.30"),
        (["--column", "label=x"], "only the text's column"),
        (["--codebook", "book.toml"], "needs --functions"),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(village, command, monkeypatch, arguments, told):
    monkeypatch.chdir(village)
    done = command("label", "raw.jsonl", "--out", "out.jsonl", "--no-wording", *arguments)
    assert done.code == 2
    assert len(done.lines) == 1
    assert told in done.err
    assert not (village / "out.jsonl").exists()


def test_shares_that_are_not_stated_are_spread_evenly(codebook):
    shares = given_shares({"stance.neutral": 0.6}, codebook=codebook)
    assert shares["stance"] == pytest.approx([0.2, 0.2, 0.6])
    assert shares["frame.gains_russia"] == pytest.approx([0.9, 0.1])
    assert all(np.isclose(share.sum(), 1) for share in shares.values())
