"""The Ukrainian and Russian passages keep to the codebook, and their language tells nothing but itself."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from importlib import resources
from itertools import combinations, product
from pathlib import Path

import pytest

import narrashift
from narrashift.model.language import languages

SEEDS = Path(__file__).parents[2] / "seeds"
CODES = ("uk", "ru")
FIELDS = {"id", "text", "language", "stance", "frame", "technique", "register", "group"}
STANCES = ("pro_ukraine", "pro_russia", "neutral")
APART = 0.06
"""By how much the share of a stance may differ between the languages. Measured: 0.055 at most."""


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    lines = resources.files("narrashift.seeds").joinpath("languages.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def annotations() -> dict[str, dict[str, dict]]:
    found: dict[str, dict[str, dict]] = defaultdict(dict)
    with (SEEDS / "languages_annotations.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["annotator"]][row["id"]] = row
    return found


def shingles(text: str, size: int = 3) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + size]) for i in range(max(len(words) - size + 1, 1))}


def test_there_are_enough_of_both_languages(rows):
    counts = Counter(row["language"] for row in rows)
    assert set(counts) == set(CODES) and min(counts.values()) >= 120


def test_every_row_has_the_same_filled_fields_and_an_id_of_its_own(rows):
    assert [
        row["id"] for row in rows if set(row) != FIELDS or not all(row[f] for f in ("text", "register", "group"))
    ] == []
    assert len({row["id"] for row in rows}) == len(rows)


def test_the_product_reads_every_label(rows, codebook):
    corpus = narrashift.from_dataset(rows, codebook=codebook)
    assert corpus.texts == [row["text"] for row in rows]
    assert all(corpus.labelled(task).all() for task in codebook.tasks)
    assert corpus.column("language") == [row["language"] for row in rows]


def test_every_label_has_fifteen_passages_and_some_in_both_languages(rows, codebook):
    found = Counter(
        (row["language"], label) for row in rows for label in [row["stance"], *row["frame"], *row["technique"]]
    )
    every = [leaf for task in codebook.tasks.values() for leaf in task.leaves]
    assert {label for label in every if sum(found[code, label] for code in CODES) < 15} == set()
    assert {(code, label) for code, label in product(CODES, every) if found[code, label] < 5} == set()


def test_the_language_told_is_the_language_written(rows):
    told = languages([row["text"] for row in rows])
    wrong = [row["id"] for row, code in zip(rows, told, strict=True) if code != row["language"]]
    assert len(wrong) <= 0.01 * len(rows), wrong


def test_language_does_not_tell_the_stance(rows):
    """Ukrainian passages also side with Russia, Russian ones with Ukraine, and as many of either are neutral."""
    shares = {}
    for code in CODES:
        own = Counter(row["stance"] for row in rows if row["language"] == code)
        shares[code] = {stance: own[stance] / own.total() for stance in STANCES}
    assert max(abs(shares["uk"][stance] - shares["ru"][stance]) for stance in STANCES) < APART
    assert min(share for own in shares.values() for share in own.values()) > 0.2


def test_letters_of_one_language_do_not_tell_the_stance_in_the_other(rows):
    """A quotation in the other language must not be a sign of a side."""
    foreign = {"uk": re.compile(r"[ыэъё]"), "ru": re.compile(r"[іїєґ]")}
    assert sum(bool(foreign[row["language"]].search(row["text"].lower())) for row in rows) <= 0.03 * len(rows)


@pytest.mark.parametrize("code", CODES)
def test_taking_a_side_goes_with_and_without_techniques(rows, code):
    without = [not row["technique"] for row in rows if row["language"] == code and row["stance"] != "neutral"]
    assert 0.25 < sum(without) / len(without) < 0.75


def test_no_two_passages_are_near_duplicates(rows):
    sets = {row["id"]: shingles(row["text"]) for row in rows}
    near = [(a, b) for a, b in combinations(sets, 2) if len(sets[a] & sets[b]) > 0.2 * len(sets[a] | sets[b])]
    assert near == []


def test_no_opening_is_a_sentence_plan(rows):
    openings = Counter((row["language"], *re.findall(r"\w+", row["text"].casefold())[:3]) for row in rows)
    assert [opening for opening, n in openings.items() if n > 2] == []


def test_passages_are_a_headline_to_a_paragraph_long_and_clean(rows):
    words = {row["id"]: len(row["text"].split()) for row in rows}
    assert {i: n for i, n in words.items() if not 4 <= n <= 120} == {}
    dirty = re.compile(r"^\s|\s$|\s\s|[\x00-\x1f\x7f\ufffd]|Ð|Ñ")
    assert [row["id"] for row in rows if dirty.search(row["text"])] == []


def test_both_passes_cover_every_passage_and_the_label_is_one_of_theirs(rows, annotations):
    assert set(annotations) == {"writer", "second"}
    assert all(set(own) == {row["id"] for row in rows} for own in annotations.values())
    for row in rows:
        for task in ("stance", "frame", "technique"):
            final = row[task] if isinstance(row[task], str) else "|".join(row[task])
            assert final in {own[row["id"]][task] for own in annotations.values()}, (row["id"], task)


def test_the_data_card_counts_what_is_there(rows):
    card = (SEEDS / "README.md").read_text("utf-8")
    table = card.split("\n| passages in |")[1].split("\n\n")[0].splitlines()[2:]
    counted = {
        cells[0]: [int(n) for n in cells[1:]]
        for cells in ([c.strip(" *") for c in line.strip("|").split("|")] for line in table)
    }
    labels: dict[str, Counter] = defaultdict(Counter)
    for row in rows:
        for name in [row["stance"], *(row["frame"] or ["no frame"]), *(row["technique"] or ["no technique"]), "all"]:
            labels[name][row["language"]] += 1
    assert counted == {name: [own["uk"], own["ru"]] for name, own in labels.items()}
