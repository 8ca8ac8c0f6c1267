"""No passage tells another in almost its own words, and no seed passage lies in the corpus."""

import json
import re
from collections import Counter, defaultdict
from importlib import resources

import pytest

Shingles = set[tuple[str, ...]]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def shingles(text: str, size: int = 3) -> Shingles:
    found = words(text)
    return {tuple(found[i : i + size]) for i in range(max(len(found) - size + 1, 1))}


def overlaps(sets: list[Shingles]) -> dict[tuple[int, int], int]:
    """Shared shingles of every pair that shares any, through an inverted index: no pair is compared in vain."""
    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    shared: Counter[tuple[int, int]] = Counter()
    for index, found in enumerate(sets):
        for shingle in found:
            shared.update((other, index) for other in seen[shingle])
            seen[shingle].append(index)
    return shared


def near_pairs(texts: list[str], *, above: float) -> list[tuple[int, int]]:
    """Pairs whose 3-word shingles have a Jaccard similarity above this."""
    sets = [shingles(text) for text in texts]
    return [(i, j) for (i, j), both in overlaps(sets).items() if both / (len(sets[i]) + len(sets[j]) - both) > above]


@pytest.fixture(scope="module")
def seed_texts() -> list[str]:
    lines = resources.files("narrashift.seeds").joinpath("passages.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def test_the_measure_finds_a_passage_with_one_word_changed():
    one = "Russian forces moved forward near Lyman on Tuesday, the general staff in Kyiv said in its morning report"
    assert near_pairs([one, one.replace("Tuesday", "Friday"), "Something else entirely happened"], above=0.5) == [
        (0, 1)
    ]


def test_no_two_passages_are_near_duplicates(starter_rows):
    pairs = near_pairs([row["text"] for row in starter_rows], above=0.5)
    assert [(starter_rows[i]["id"], starter_rows[j]["id"]) for i, j in pairs] == []


def test_no_passage_of_one_split_lies_mostly_inside_one_of_another(starter_rows):
    """Jaccard misses a headline inside a paragraph; containment does not."""
    sets = [shingles(row["text"]) for row in starter_rows]
    inside = [
        (starter_rows[i]["id"], starter_rows[j]["id"])
        for (i, j), both in overlaps(sets).items()
        if starter_rows[i]["split"] != starter_rows[j]["split"] and both / min(len(sets[i]), len(sets[j])) > 0.5
    ]
    assert inside == []


def test_no_seed_passage_has_a_near_duplicate_in_the_corpus(starter_rows, seed_texts):
    texts = [*seed_texts, *(row["text"] for row in starter_rows)]
    assert [pair for pair in near_pairs(texts, above=0.2) if pair[0] < len(seed_texts)] == []


def test_no_run_of_eight_words_of_a_seed_passage_stands_in_the_corpus(starter_rows, seed_texts):
    corpus = set().union(*(shingles(row["text"], 8) for row in starter_rows))
    assert set().union(*(shingles(text, 8) for text in seed_texts)) & corpus == set()


def test_no_opening_of_four_words_is_common(starter_rows):
    """Stock openings recur in real dumps ("As a result of"), but none may be a sentence plan of the corpus."""
    openings = Counter(tuple(words(row["text"])[:4]) for row in starter_rows)
    most = len(starter_rows) / 750
    assert {" ".join(opening): n for opening, n in openings.items() if n > most} == {}
