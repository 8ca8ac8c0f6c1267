"""Chunks hold no more text at once than memory allows, and lose no row for it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from narrashift.serving.articles import Article, Position, Refused
from narrashift.serving.chunks import chunks
from narrashift.serving.settings import ScoreSettings

CLASSIFIER = SimpleNamespace(count_tokens=lambda texts: np.ones(len(texts), int), max_tokens=64)


def test_long_articles_are_cut_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr("narrashift.serving.chunks.CHARACTERS_AT_ONCE", 1_000)
    taken = 0

    def rows():
        nonlocal taken
        for number in range(1, 31):
            taken = number
            at = Position(0, number)
            yield Refused("a", number, None, "no text", at) if number % 5 == 0 else Article("x" * 600, (number,), at)

    ahead, found = [], []
    for chunk in chunks(rows(), classifier=CLASSIFIER, settings=ScoreSettings(cut="none", part=1)):
        ahead.append(taken - len(found))
        found += [item.at.row for item in (*chunk.articles, *chunk.refused)]
        assert chunk.position.row == taken
    assert sorted(found) == list(range(1, 31))
    assert max(ahead) <= 3
