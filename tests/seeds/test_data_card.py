"""The data card counts what the corpus holds, and the two labelling passes behind it are there."""

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

SEEDS = Path(__file__).parents[2] / "seeds"
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def card() -> str:
    return (SEEDS / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def annotations() -> list[dict]:
    with (SEEDS / "annotations.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(card: str, first_column: str) -> dict[str, list[str]]:
    """Rows of the table with this heading: first cell -> the others."""
    lines = card.split(f"\n| {first_column} |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def labels(row: dict, task: str) -> list[str]:
    return [row[task]] if isinstance(row[task], str) else row[task] or ["(none)"]


def test_counts_per_label_and_split_are_those_of_the_corpus(card, starter_rows, codebook):
    counted = table(card, "label")
    assert counted.pop("passages") == [
        str(len(starter_rows)),
        *(str(sum(row["split"] == split for row in starter_rows)) for split in SPLITS),
    ]
    found: dict[str, Counter] = defaultdict(Counter)
    for row in starter_rows:
        for task in codebook.tasks:
            for label in labels(row, task):
                found[f"{task}: {label}"].update(["all", row["split"]])
    assert counted == {label: [str(n[part]) for part in ("all", *SPLITS)] for label, n in found.items()}


def test_counts_per_register_are_those_of_the_corpus(card, starter_rows):
    counted = table(card, "register")
    found = Counter(row["register"] for row in starter_rows)
    assert {name: int(cells[0]) for name, cells in counted.items()} == found
    for name, cells in counted.items():
        stances = Counter(row["stance"] for row in starter_rows if row["register"] == name)
        assert [int(n) for n in cells[1:4]] == [stances[s] for s in ("pro_ukraine", "pro_russia", "neutral")], name


def test_every_passage_was_labelled_by_two(annotations, starter_rows):
    by_annotator = defaultdict(list)
    for row in annotations:
        by_annotator[row["annotator"]].append(row["id"])
    assert set(by_annotator) == {"writer", "second"}
    ids = [row["id"] for row in starter_rows]
    assert all(sorted(found) == sorted(ids) for found in by_annotator.values())


def test_what_both_annotators_say_is_the_label_but_for_a_few(annotations, starter_rows):
    """Adjudicators could overrule both, and a few labels were settled after cleanlab's findings."""
    passes = {(row["annotator"], row["id"]): row for row in annotations}
    overruled = 0
    for row in starter_rows:
        for task in ("stance", "frame", "technique"):
            final = row[task] if isinstance(row[task], str) else "|".join(row[task])
            first, second = (passes[who, row["id"]][task] for who in ("writer", "second"))
            overruled += first == second != final
    assert overruled / (3 * len(starter_rows)) < 0.01


def test_agreement_is_what_the_card_says(card, annotations, codebook):
    """Recounted here by Scott's pi, which for two annotators and many passages is alpha within a hair."""
    passes = {(row["annotator"], row["id"]): row for row in annotations}
    ids = sorted({row["id"] for row in annotations})
    for name, cells in table(card, "label of two passes").items():
        task, _, leaf = name.partition(": ")
        given = [
            [(leaf in passes[who, i][task].split("|")) if leaf else passes[who, i][task] for i in ids]
            for who in ("writer", "second")
        ]
        observed = sum(a == b for a, b in zip(*given, strict=True)) / len(ids)
        pooled = Counter(given[0] + given[1])
        by_chance = sum((n / (2 * len(ids))) ** 2 for n in pooled.values())
        alpha = float(re.match(r"[\d.]+", cells[-1])[0])
        assert alpha == pytest.approx((observed - by_chance) / (1 - by_chance), abs=0.006), name
