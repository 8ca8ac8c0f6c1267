"""The stance cannot be told without reading: by kind of text, length or punctuation alone.

Each shortcut learns the most frequent stance of its key on four fifths of the groups and is measured on the rest.
Measured on the corpus of 19,970 passages, majority share 0.558: length in words +0.002 at most, punctuation +0.008,
first and last character +0.006 at most, names of 23 much-fought-over places +0.044, register +0.050.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable

import pytest

MARGIN = 0.05
"""Accuracy above the majority share that a shortcut may reach."""
REGISTER_MARGIN = 0.12
"""The register may tell more: blogs take sides and wires do not. It is no input of the model, but its style is."""
FOLDS = 5
PLACES = (
    "Kyiv", "Kiev", "Moscow", "Lviv", "Odesa", "Odessa", "Kharkiv", "Kharkov", "Kherson", "Donetsk", "Mariupol",
    "Crimea", "Bakhmut", "Artemovsk", "Artyomovsk", "Avdiivka", "Avdeevka", "Zaporizhzhia", "Zaporozhye",
    "Lysychansk", "Kupiansk", "Belgorod", "Kursk",
)  # fmt: skip
"""Names that occur most; both spellings, for the spelling must not tell the stance either."""


def margin(rows: list[dict], key: Callable[[dict], Hashable]) -> float:
    """Accuracy of "the most frequent stance of rows with this key", less that of the most frequent stance."""
    groups = sorted({row["group"] for row in rows})
    random.Random(0).shuffle(groups)
    fold = {group: index % FOLDS for index, group in enumerate(groups)}
    overall = Counter(row["stance"] for row in rows).most_common(1)[0]
    hits = 0
    for held_out in range(FOLDS):
        seen: dict[Hashable, Counter] = defaultdict(Counter)
        for row in rows:
            if fold[row["group"]] != held_out:
                seen[key(row)][row["stance"]] += 1
        for row in rows:
            if fold[row["group"]] == held_out:
                stances = seen.get(key(row))
                hits += row["stance"] == (stances.most_common(1)[0][0] if stances else overall[0])
    return hits / len(rows) - overall[1] / len(rows)


def test_a_shortcut_that_exists_is_found(starter_rows):
    told = [{**row, "text": row["stance"][0] + row["text"]} for row in starter_rows]
    assert margin(told, lambda row: row["text"][0]) > 0.2


@pytest.mark.parametrize("words", [3, 5, 10, 20])
def test_length_alone_does_not_tell_the_stance(starter_rows, words):
    assert margin(starter_rows, lambda row: len(row["text"].split()) // words) < MARGIN


def test_punctuation_alone_does_not_tell_the_stance(starter_rows):
    assert margin(starter_rows, lambda row: tuple(mark in row["text"] for mark in '"“!?—')) < MARGIN


@pytest.mark.parametrize("where", [slice(0, 1), slice(-1, None)])
def test_the_first_or_last_character_alone_does_not_tell_the_stance(starter_rows, where):
    assert margin(starter_rows, lambda row: row["text"][where]) < MARGIN


def test_the_register_alone_does_not_tell_the_stance(starter_rows):
    assert margin(starter_rows, lambda row: row["register"]) < REGISTER_MARGIN


def test_place_names_alone_do_not_tell_the_stance(starter_rows):
    assert margin(starter_rows, lambda row: tuple(place in row["text"] for place in PLACES)) < MARGIN


def test_a_year_alone_does_not_tell_the_stance(starter_rows):
    assert margin(starter_rows, lambda row: re.findall(r"\b20[12]\d\b", row["text"])[:1] != []) < MARGIN
