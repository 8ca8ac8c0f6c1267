"""Real corpora through the tiny bundle: every row accounted for, passages tile articles, figures come out."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import narrashift

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"

pytestmark = [pytest.mark.shared, pytest.mark.slow]


def rows_of(path: Path) -> dict[str, dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {row["id"]: row for row in map(json.loads, file)}


@pytest.mark.parametrize("dump", ["ruwa_headlines/ruwa.jsonl.gz", "press_releases/press.jsonl.gz"])
def test_passages_tile_every_article_and_carry_its_columns(dump, tiny_bundle, tmp_path):
    articles = rows_of(SHARED / dump)
    scored = narrashift.score([SHARED / dump], model=tiny_bundle, out=tmp_path / "scores")
    assert (scored.counts.rows, scored.counts.articles, scored.counts.refused) == (len(articles), len(articles), 0)
    passages = defaultdict(list)
    columns = ["id", "source", "date", "passage", "start", "end", "truncated"]
    for row in pq.read_table(tmp_path / "scores" / "parts", columns=columns).to_pylist():
        passages[row["id"]].append(row)
    assert passages.keys() == articles.keys()
    for identity, article in articles.items():
        at = 0
        for number, row in enumerate(sorted(passages[identity], key=lambda row: row["passage"])):
            assert (row["passage"], row["start"]) == (number, at)
            assert (row["source"], row["date"]) == (article["source"], article["date"])
            assert not row["truncated"]
            at = row["end"]
        assert at == len(article["text"])


def test_real_labelled_passages_are_measured(tiny_bundle, codebook):
    corpus = narrashift.read_corpus([SHARED / "realwar" / "dev.jsonl"], codebook=codebook)
    report = narrashift.evaluate(bundle=tiny_bundle, corpus=corpus)
    assert report.passages == 453
    for name in ("macro_f1/stance", "macro_f1/frame", "micro_f1/technique", "ece/stance"):
        figure = report.figures[name]
        assert 0 <= figure.lo <= figure.value <= figure.hi <= 1


def test_no_sentence_of_the_measuring_set_is_in_the_corpus(starter_rows):
    """The real passages are for measuring; nothing of them may be learnt."""
    measured = (SHARED / "realwar" / "dev.jsonl").read_text("utf-8").splitlines()
    shingles = {shingle for line in measured for shingle in shingles_of(json.loads(line)["text"])}
    assert {row["id"]: hit for row in starter_rows if (hit := shingles_of(row["text"]) & shingles)} == {}


def shingles_of(text: str, words: int = 9) -> set[tuple[str, ...]]:
    parts = "".join(c.lower() if c.isalnum() else " " for c in text).split()
    return {tuple(parts[i : i + words]) for i in range(len(parts) - words + 1)}
