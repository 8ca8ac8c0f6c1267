"""The same figures for parts of the passages: by source, register, length and language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...model.language import languages
from ..data.corpus import Corpus
from .bootstrap import Figure
from .evaluation import Predictions, measure

FEWEST = 20
"""Passages below which a slice has no figures: they would say nothing."""
RESAMPLES = 300
LENGTHS = ((14, "up to 14 words"), (35, "15 to 35 words"), (10**9, "36 words and more"))


@dataclass(frozen=True)
class Slice:
    """The passages that have one value of a column, and the figures of whole tasks on them."""

    column: str
    value: str
    passages: int
    figures: dict[str, Figure]


def slices(predicted: Predictions, *, corpus: Corpus) -> list[Slice]:
    """Figures by every column that has two values or more with enough passages each."""
    found = []
    for column, values in _columns(corpus):
        frequent = [value for value, count in Counter(values).most_common() if value and count >= FEWEST]
        if len(frequent) < 2 and len(set(values)) < 2:
            continue
        for value in frequent:
            inside = np.flatnonzero([own == value for own in values])
            report = measure(predicted.select(inside), corpus=corpus.select(inside), resamples=RESAMPLES)
            found.append(Slice(column, value, len(inside), report.headline()))
    return found


def _columns(corpus: Corpus) -> Iterator[tuple[str, list[str | None]]]:
    for name in ("source", "register"):
        if name in corpus.columns:
            yield name, corpus.column(name)
    words = [len(text.split()) for text in corpus.texts]
    yield "length", [next(name for most, name in LENGTHS if count <= most) for count in words]
    yield "language", corpus.column("language") if "language" in corpus.columns else languages(corpus.texts)
