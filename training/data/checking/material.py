"""What the checks look at: passages, where each comes from, and on which side of a split it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..corpus import SPLITS, Corpus, Problem
from ..duplicates import Pair, near_duplicates
from ..splits import Split
from .finding import Spot

SHOWN = 160
"""Characters of a passage that are shown."""


@dataclass(frozen=True)
class Material:
    """Labelled passages as they were read.

    Attributes:
        places: file and row of each passage.
        side: ``(passages,)`` int, index into `SPLITS`; -1 where the passages are not divided.
        how: how they were divided, as in `Split`; None where they are not.
        problems: all that is wrong with the rows.
        encodings: file -> the encoding it is in, where that is not UTF-8.
        backbone: whose tokenizer counts tokens, of which a passage may have `max_tokens`.
    """

    corpus: Corpus
    places: list[str]
    side: np.ndarray
    how: str | None = None
    problems: tuple[Problem, ...] = ()
    encodings: tuple[tuple[str, str], ...] = ()
    backbone: str = "minilm-l6"
    max_tokens: int = 256

    @cached_property
    def pairs(self) -> list[Pair]:
        """Near-duplicates."""
        return near_duplicates(self.corpus.texts)

    @property
    def divided(self) -> bool:
        return self.how is not None

    def part(self, name: str) -> np.ndarray:
        """Passages of a part of the split, or all where there is none: ``(passages,)`` bool."""
        return self.side == SPLITS.index(name) if self.divided else np.ones(len(self.corpus), dtype=bool)

    def name(self, index: int) -> str:
        """A passage's id, or how it begins."""
        return self.corpus.column("id")[index] or f"{self.corpus.texts[index][:40]!r}"

    def spot(self, index: int, said: str = "") -> Spot:
        """The passage as a finding shows it."""
        text, identity = self.corpus.texts[index], self.corpus.column("id")[index]
        shown = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
        return Spot(f"{self.places[index]} ({identity})" if identity else self.places[index], shown, said)

    def spots(self, indices: Sequence[int] | np.ndarray, said: str = "") -> tuple[Spot, ...]:
        """The passages as a finding shows them."""
        return tuple(self.spot(int(i), said) for i in indices)


def of_corpus(corpus: Corpus, *, places: list[str] | None = None) -> Material:
    """The corpus, divided by its `split` column where it has one; passages without a part are for training."""
    divided = "split" in corpus.columns
    side = np.array([SPLITS.index(value or "train") if divided else -1 for value in corpus.column("split")], dtype=int)
    numbers = places or [f"passage {i + 1}" for i in range(len(corpus))]
    return Material(corpus, numbers, side, how="column" if divided else None)


def of_split(split: Split) -> Material:
    """The parts of a split, one after the other."""
    parts = [getattr(split, name) for name in SPLITS]
    columns = dict.fromkeys(name for part in parts for name in part.columns)
    corpus = Corpus(
        codebook=split.train.codebook,
        texts=[text for part in parts for text in part.texts],
        targets={task: np.concatenate([part.targets[task] for part in parts]) for task in split.train.targets},
        columns={name: [value for part in parts for value in part.column(name)] for name in columns},
    )
    places = [f"{name} {i + 1}" for name, part in zip(SPLITS, parts, strict=True) for i in range(len(part))]
    return Material(corpus, places, np.repeat(np.arange(len(SPLITS)), [*map(len, parts)]), how=split.how)
