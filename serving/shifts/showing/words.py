"""The words whose use changed most between two groups of texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

WORD = r"\p{L}[\p{L}\p{M}’'\-]+"
PRIOR = 500.0
"""Weight of the prior, in uses of words: one that is rare everywhere has to be used some times before it counts."""
LEAST_Z = 1.96


@dataclass(frozen=True)
class Word:
    """A word, in how many articles it stands before and after, and its log-odds in standard errors (after: > 0)."""

    word: str
    before: int
    after: int
    z: float


def changed_words(texts: pl.DataFrame, *, most: int) -> tuple[list[Word], list[Word]]:
    """Words typical of before, and of after, the strongest first; only those beyond 1.96 standard errors.

    The log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words",
    equations 16 and 22). The prior is the use in both groups together. A word counts once an article, so that one
    article cannot make it a finding.

    Args:
        texts: columns `after` (bool), `article` and `text`.
        most: words of each kind.
    """
    counts = (
        texts.lazy()
        .select(
            "after",
            "article",
            pl.col("text").str.to_lowercase().str.replace_all("’", "'").str.extract_all(WORD).alias("word"),
        )
        .explode("word")
        .drop_nulls("word")
        .unique(["after", "article", "word"])
        .group_by("word")
        .agg(pl.col("after").sum().alias("after"), (~pl.col("after")).sum().alias("before"))
        .sort("word")
        .collect()
    )
    before, after = counts["before"].to_numpy().astype(float), counts["after"].to_numpy().astype(float)
    if not before.sum() or not after.sum():
        return [], []
    z = log_odds(before, after)
    words = [
        Word(word=word, before=less, after=more, z=float(score))
        for (word, less, more), score in zip(counts.select("word", "before", "after").rows(), z, strict=True)
    ]
    words.sort(key=lambda word: (word.z, word.word))
    return (
        [word for word in words[:most] if word.z < -LEAST_Z],
        [word for word in words[::-1][:most] if word.z > LEAST_Z],
    )


def log_odds(before: np.ndarray, after: np.ndarray, *, prior: float = PRIOR) -> np.ndarray:
    """Log-odds ratio of each word in standard errors, ``(words,)``; positive where it is used more after.

    Args:
        before, after: ``(words,)`` counts; neither all zero.
    """
    together = before + after
    alpha = prior * together / together.sum()

    def log_odd(counts: np.ndarray) -> np.ndarray:
        return np.log(counts + alpha) - np.log(counts.sum() + prior - counts - alpha)

    return (log_odd(after) - log_odd(before)) / np.sqrt(1 / (before + alpha) + 1 / (after + alpha))
