"""The six seed passages are labelled as the codebook's page says."""

import json
from importlib import resources

import pytest

import narrashift

UKRAINE, RUSSIA, LOST, LOST_RUSSIA, WORDS = (
    "gains_ukraine",
    "gains_russia",
    "losses_ukraine",
    "losses_russia",
    "information_warfare",
)
# stance, frame, technique and words of the story: the table "The six seed passages" of the codebook's page
EXPECTED = [
    ("neutral", {UKRAINE, RUSSIA, LOST, LOST_RUSSIA, WORDS}, [], ("strategic reserve", "Kupyansk", "information war")),
    ("neutral", {UKRAINE, LOST_RUSSIA, WORDS}, [], ("collapsing", "Kupyansk", "surrendering", "propaganda")),
    ("neutral", {RUSSIA, UKRAINE}, [], ("regrouping", "western Donetsk", "Kupyansk", "Lyman")),
    ("neutral", {RUSSIA}, [], ("armoured vehicles", "infiltrated Kupyansk", "surprise", "stretched thin")),
    ("neutral", {RUSSIA, LOST}, [], ("mandatory evacuation", "shelling", "claimed", "civilians killed")),
    (
        "neutral",
        {RUSSIA, LOST},
        ["manipulative_wording"],
        ("rail hub", "new occupation", "within six miles", "mayor", "lying in wait just over the eastern horizon"),
    ),
]


@pytest.fixture(scope="module")
def seed_rows() -> list[dict]:
    lines = resources.files("narrashift.seeds").joinpath("passages.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_there_are_six_with_ids_of_their_own(seed_rows, starter_rows):
    assert [row["id"] for row in seed_rows] == [f"seed-{n}" for n in range(1, 7)]
    assert not {row["id"] for row in seed_rows} & {row["id"] for row in starter_rows}


@pytest.mark.parametrize("line", range(6))
def test_a_seed_is_labelled_as_the_page_says(seed_rows, line):
    stance, frame, technique, story = EXPECTED[line]
    row = seed_rows[line]
    assert (row["stance"], set(row["frame"]), row["technique"]) == (stance, frame, technique)
    assert len(row["frame"]) == len(frame)
    assert [words for words in story if words not in row["text"]] == []


def test_seeds_carry_no_split_so_that_no_training_takes_them_in(seed_rows):
    assert all(set(row) == {"id", "text", "stance", "frame", "technique"} for row in seed_rows)


def test_the_product_reads_the_seeds_as_a_corpus(seed_rows, codebook):
    with resources.as_file(resources.files("narrashift.seeds").joinpath("passages.jsonl")) as path:
        corpus = narrashift.read_corpus([path], codebook=codebook)
    assert corpus.texts == [row["text"] for row in seed_rows]
    frames = codebook.tasks["frame"].leaves
    for row, target in zip(seed_rows, corpus.targets["frame"], strict=True):
        assert {leaf for leaf, on in zip(frames, target, strict=True) if on} == set(row["frame"])


def test_a_seed_is_one_passage_when_it_is_scored(seed_rows):
    """The demo shows the first passage of each; a seed cut in two would be shown by half."""
    from narrashift.serving.settings import ScoreSettings

    most = ScoreSettings()
    assert all(len(row["text"].split()) * 1.6 < most.passage_tokens for row in seed_rows)
    assert all(row["text"].count(". ") < most.passage_sentences for row in seed_rows)
