"""How much of a change comes from writing about other topics, and not from telling the same ones otherwise."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import polars as pl

FEW, MANY = 4, 12
"""Topics that an article can have, by their number."""
FEATURES = 2**14


@dataclass(frozen=True)
class Mix:
    """A change of a share in two parts that add up to it.

    Attributes:
        by_topics: what the mix of topics brings if each were told as before and after on average.
        within: what is told otherwise within topics.
        replicates: ``(replicates, 2)``, both parts in bootstrap samples of articles.
    """

    by_topics: float
    within: float
    replicates: np.ndarray


def find_topics(texts: list[str], *, seed: int) -> np.ndarray:
    """A topic for each text, ``(texts,)`` int: k-means over word weights in 50 directions (TF-IDF, LSA)."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.preprocessing import normalize

    topics = int(np.clip(np.sqrt(len(texts)) / 3, FEW, MANY))
    if len(texts) <= MANY:
        return np.zeros(len(texts), dtype=int)
    words = TfidfTransformer().fit_transform(
        HashingVectorizer(n_features=FEATURES, alternate_sign=False, token_pattern=r"(?u)\b[^\W\d_]{3,}\b").transform(
            texts
        )
    )
    directions = TruncatedSVD(min(50, len(texts) - 1), random_state=seed).fit_transform(words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different texts than topics: then fewer are found
        return KMeans(topics, n_init=3, random_state=seed).fit_predict(normalize(directions))


def decompose(
    values: np.ndarray, *, topics: np.ndarray, after: np.ndarray, replicates: int, rng: np.random.Generator
) -> Mix:
    """Split the change of a mean into topics' mix and what is within them (Kitagawa 1955; Oaxaca 1973; Blinder 1973).

    Args:
        values: ``(articles,)`` the label's mean probability in each.
        topics: ``(articles,)`` int from 0.
        after: ``(articles,)`` bool; both sides have articles.
    """
    kinds = int(topics.max()) + 1
    cell = topics + kinds * after
    counts = rng.poisson(1.0, size=(replicates, len(values))).astype(np.float64)
    weights = np.concatenate([np.ones((1, len(values))), counts])
    member = np.zeros((len(values), 2 * kinds))
    member[np.arange(len(values)), cell] = 1
    number = (weights @ member).reshape(-1, 2, kinds)
    total = (weights @ (member * values[:, None])).reshape(-1, 2, kinds)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = total / number
        mix = number / number.sum(axis=2, keepdims=True)
    missing = np.isnan(level)  # a topic of one side only is told there as on the other: it is all mix
    level = np.where(missing, level[:, ::-1], level)
    level = np.nan_to_num(level)
    mix = np.nan_to_num(mix)
    by_topics = ((mix[:, 1] - mix[:, 0]) * level.mean(axis=1)).sum(axis=1)
    within = ((level[:, 1] - level[:, 0]) * mix.mean(axis=1)).sum(axis=1)
    return Mix(float(by_topics[0]), float(within[0]), np.stack([by_topics[1:], within[1:]], axis=1))


def article_topics(rows: pl.DataFrame, *, seed: int) -> pl.DataFrame | None:
    """The topic of each `article` in the rows, as `topic_number`; None where neither topics nor texts are known."""
    if "topic" in rows.columns:
        articles = rows.unique("article", keep="first", maintain_order=True)
        return articles.select("article", pl.col("topic").fill_null("").rank("dense").sub(1).alias("topic_number"))
    if "text" not in rows.columns:
        return None
    passages = rows.unique(["article", "passage"], maintain_order=True).sort("article", "passage")
    articles = passages.group_by("article", maintain_order=True).agg(pl.col("text").fill_null("").str.join(" "))
    found = find_topics(articles["text"].to_list(), seed=seed)
    return articles.select("article", pl.Series("topic_number", found))
