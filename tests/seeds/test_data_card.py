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


def read(name: str) -> list[dict]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def annotations() -> list[dict]:
    return read("annotations.csv")


@pytest.fixture(scope="module")
def smears() -> dict[str, dict]:
    """The later reading of passages that take a side: what it and its check say of `attack_on_reputation`."""
    return {row["id"]: row for row in read("reputation_annotations.csv")}


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


def test_what_both_annotators_say_is_the_label_but_for_a_few(annotations, smears, starter_rows):
    """Adjudicators could overrule both, and a few labels were settled after cleanlab's findings."""
    passes = {(row["annotator"], row["id"]): row for row in annotations}
    overruled = 0
    for row in starter_rows:
        for task in ("stance", "frame", "technique"):
            final = {row[task]} if isinstance(row[task], str) else set(row[task])
            first, second = (set(filter(None, passes[who, row["id"]][task].split("|"))) for who in ("writer", "second"))
            if task == "technique" and confirmed(smears.get(row["id"])):
                final.discard("attack_on_reputation")
            overruled += first == second != final
    assert overruled / (3 * len(starter_rows)) < 0.001


def confirmed(reading: dict | None) -> bool:
    return reading is not None and reading["reader"] == reading["check"] == "1"


def test_an_omitted_smear_that_two_saw_is_in_the_label_and_no_other(smears, annotations, starter_rows):
    by_id = {row["id"]: row for row in starter_rows}
    given = {row["id"] for row in annotations if "attack_on_reputation" in row["technique"].split("|")}
    assert all("attack_on_reputation" in by_id[i]["technique"] for i, seen in smears.items() if confirmed(seen))
    others = [i for i, seen in smears.items() if not confirmed(seen) and i not in given]
    assert [i for i in others if "attack_on_reputation" in by_id[i]["technique"]] == []


def test_the_card_counts_the_smears(card, smears):
    read = Counter((row["reader"], row["check"]) for row in smears.values())
    proposed, others = read["1", "1"] + read["1", "0"], read["0", "1"] + read["0", "0"]
    told = " ".join(card.split())
    assert f"all {len(smears):,} passages" in told and f"proposed {proposed} smears" in told
    assert f"confirmed {read['1', '1']} of them" in told and f"saw {read['0', '1']} of {others} others" in told


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
