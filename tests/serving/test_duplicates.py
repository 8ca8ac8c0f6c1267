"""Copies of articles: among sketches against plain comparison, and in a score folder, killed or not."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift import UserError
from narrashift.model.shingles import shingles
from narrashift.serving import near_copies
from narrashift.serving.duplicates import write_duplicates
from narrashift.serving.near_copies import ALIKE, find_copies
from narrashift.serving.sketches import Sketched, similarity, sketch

WORDS = st.lists(st.sampled_from(["Kyiv", "says", "it", "held", "Так", "🙂"]), min_size=1, max_size=12).map(" ".join)


def sketched(texts: list[str]) -> Sketched:
    raw = np.frombuffer(b"".join(map(sketch, texts)), dtype=np.uint8).reshape(len(texts), -1)
    return Sketched(digests=raw[:, :8].copy().view("<u8")[:, 0], hashes=[raw[:, 8:].copy()])


def pairs(texts: list[str]) -> dict[int, tuple[int, bool]]:
    """Copy -> its original, and whether it is exact."""
    found = find_copies(sketched(texts))
    return dict(zip(found.article.tolist(), zip(found.of.tolist(), found.exact.tolist(), strict=True), strict=True))


def jaccard(one: str, other: str) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


def changed(words: list[str], count: int, rng: random.Random) -> list[str]:
    places = set(rng.sample(range(len(words)), count))
    return [f"new{rng.random()}" if i in places else word for i, word in enumerate(words)]


@pytest.fixture(scope="module")
def articles_of_words() -> list[list[str]]:
    rng = random.Random(0)
    return [[f"w{rng.randrange(5_000)}" for _ in range(150)] for _ in range(150)]


def test_a_sketch_is_the_same_everywhere_and_of_one_length():
    assert sketch("Київ вистояв, і крапка.").hex()[:32] == "d018783c46623dfe59cffd9289268759"
    assert {len(sketch(text)) for text in ("", "a", "a b", "a b c d " * 5_000, "🙂")} == {128}


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(WORDS, min_size=1, max_size=8))
def test_exact_copies_have_the_same_words_in_the_same_order(texts):
    keys = [" ".join(text.casefold().replace("🙂", " ").split()) or text for text in texts]
    exact = {copy: of for copy, (of, same) in pairs(texts).items() if same}
    for copy, of in exact.items():
        assert keys[copy] == keys[of]
        assert of == keys.index(keys[copy])
    copies = {number for number, key in enumerate(keys) if keys.index(key) < number}
    assert copies <= set(pairs(texts))


def test_the_estimate_is_the_similarity_within_its_error(articles_of_words):
    rng, errors = random.Random(1), []
    for words in articles_of_words:
        one, other = " ".join(words), " ".join(changed(words, rng.randrange(0, 40), rng))
        [pair] = sketched([one, other]).hashes
        errors.append(float(similarity(pair[0], pair[1])) - jaccard(one, other))
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.05


def test_near_copies_are_found_and_different_articles_are_not(articles_of_words):
    rng = random.Random(2)
    like = [" ".join(changed(words, 2, rng)) for words in articles_of_words]  # Jaccard about 0.92
    unlike = [" ".join(changed(words, 25, rng)) for words in articles_of_words]  # about 0.4
    count = len(articles_of_words)
    found = pairs([*map(" ".join, articles_of_words), *like, *unlike])
    assert sum(found.get(count + n) == (n, False) for n in range(count)) > 0.98 * count
    assert not any(2 * count + n in found for n in range(count))
    assert not any(n in found for n in range(count))


def test_a_chain_of_small_changes_does_not_join_its_ends(articles_of_words):
    rng, words, chain = random.Random(3), articles_of_words[0], []
    for _ in range(30):
        chain.append(" ".join(words))
        words = changed(words, 2, rng)
    found = pairs(chain)
    assert set(found)
    assert not {of for of, _ in found.values()} & set(found)
    for copy, (of, _) in found.items():
        assert jaccard(chain[copy], chain[of]) > ALIKE - 0.15


def test_blocks_and_the_number_of_bands_at_a_time_change_nothing(articles_of_words, monkeypatch):
    rng = random.Random(4)
    texts = [" ".join(changed(words, rng.randrange(4), rng)) for words in articles_of_words[:40] for _ in range(4)]
    whole = sketched(texts)
    [hashes] = whole.hashes
    expected = find_copies(whole)
    assert len(expected.article) > 50
    monkeypatch.setattr(near_copies, "KEYS", 3 * len(texts))
    for size in (1, 7, 100):
        blocks = [hashes[start : start + size] for start in range(0, len(texts), size)]
        found = find_copies(Sketched(whole.digests, blocks))
        for name in ("article", "of", "similarity", "exact"):
            assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def test_memory_does_not_hold_the_hashes_of_articles_that_are_like_no_other(monkeypatch):
    count, size = 100_000, 5_000

    class Drawn:
        def __iter__(self):
            for block in range(count // size):
                yield np.random.default_rng(block).integers(256, size=(size, 120), dtype=np.uint8)

    monkeypatch.setattr(near_copies, "KEYS", count)
    digests = np.random.default_rng(0).permutation(count).astype(np.uint64)
    tracemalloc.start()
    assert len(find_copies(Sketched(digests, Drawn())).article) == 0
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 90 * count


def test_no_article_and_no_copy():
    assert pairs(["a b c"]) == {}
    empty = Sketched(np.zeros(0, dtype=np.uint64), [np.zeros((0, 120), dtype=np.uint8)])
    assert len(find_copies(empty).article) == 0


LONG = "Troops of the second brigade retook the village near the river on Monday after a week of heavy fighting there. "
ROWS = [
    {"id": "a", "text": LONG * 2 + "The mayor said so."},
    {"id": "b", "text": "Something else happened in Kyiv on that day, and nobody wrote about it."},
    "{",
    {"id": "c", "text": "TROOPS of the second brigade" + (LONG * 2 + "The mayor said so!")[28:]},
    {"id": "d", "text": LONG * 2 + "The mayor denied it."},
    {"id": "b", "text": "Something else happened in Kyiv &mdash; on that day, and nobody wrote about it."},
]


@pytest.fixture
def expected() -> list[tuple]:
    return [("c", 4, "a", 1, "exact"), ("d", 5, "a", 1, "near"), ("b", 6, "b", 2, "exact")]


def read(folder) -> list[tuple]:
    rows = pq.read_table(folder / "duplicates.parquet").to_pylist()
    assert all(row["similarity"] == 1 if row["kind"] == "exact" else ALIKE <= row["similarity"] <= 1 for row in rows)
    return [(row["id"], row["row"], row["of"], row["of_row"], row["kind"]) for row in rows]


def test_a_run_names_its_copies_with_their_places(score_dump, expected, small_parts):
    outcome = score_dump(ROWS, part=1)
    assert outcome.scored.parts == 2
    assert read(outcome.folder) == expected
    found = pq.read_table(outcome.folder / "duplicates.parquet")
    assert set(found["file"].to_pylist()) == set(found["of_file"].to_pylist()) == {"dump.jsonl"}


def test_parts_lost_after_the_end_change_nothing(score_dump, expected, small_parts):
    folder = score_dump(ROWS, part=1).folder
    (folder / "parts" / "00001.parquet").unlink()
    (folder / "duplicates.parquet").unlink()
    assert read(score_dump(ROWS, part=1).folder) == expected


def test_lost_sketches_are_an_error_and_no_wrong_table(score_dump):
    folder = score_dump(ROWS).folder
    (folder / "sketches" / "00000.parquet").unlink()
    with pytest.raises(UserError, match="holds 0 articles, 5 were scored"):
        write_duplicates(folder, names=["dump.jsonl"], articles=5)


def test_nobody_has_to_look_for_copies(score_dump):
    folder = score_dump(ROWS, duplicates=False).folder
    assert not (folder / "duplicates.parquet").exists()
    assert not (folder / "sketches").exists()
