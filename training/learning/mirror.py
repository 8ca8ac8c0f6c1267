"""Passages seen in a mirror: the two sides trade places, in the text and in its labels.

Counterfactual augmentation (Kaushik et al. 2020, "Learning the Difference that Makes a Difference with
Counterfactually-Augmented Data"): a network that has seen mostly Ukrainian towns burn takes every fire for Ukraine's
loss.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..data.corpus import Corpus


@dataclass(frozen=True)
class Mirror:
    """Words and labels that trade places.

    Attributes:
        words: word -> its counterpart, both ways.
        without: a passage with one of these is left alone.
        order: task -> ``(leaves,)`` int, the leaf whose target each leaf takes.
    """

    words: dict[str, str]
    without: tuple[str, ...]
    order: dict[str, np.ndarray]

    @cached_property
    def _found(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(self.words, key=len, reverse=True)))})\b")

    @cached_property
    def _barred(self) -> re.Pattern[str] | None:
        return re.compile("|".join(map(_pattern, self.without))) if self.without else None

    @property
    def digest(self) -> str:
        """SHA-256, 16 hex digits, of all that decides what it shows."""
        order = {name: values.tolist() for name, values in self.order.items()}
        return hashlib.sha256(json.dumps([self.words, self.without, order], sort_keys=True).encode()).hexdigest()[:16]

    def text(self, text: str) -> str | None:
        """The text with the sides exchanged; None where it names neither, or has what has no counterpart."""
        if self._barred and self._barred.search(text):
            return None
        mirrored, exchanged = self._found.subn(lambda match: self.words[match[0]], text)
        return mirrored if exchanged else None

    def passages(self, corpus: Corpus) -> Corpus:
        """The mirrored passages of a corpus, labelled in the mirrored tasks alone; those whose labels it exchanges."""
        texts = [self.text(text) for text in corpus.texts]
        changed = np.zeros(len(corpus), dtype=bool)
        for name, order in self.order.items():
            changed |= _exchanged(corpus.targets[name], order)
        kept = np.array([i for i in np.flatnonzero(changed) if texts[i] is not None], dtype=int)
        targets = {name: _unlabelled(values[kept]) for name, values in corpus.targets.items()}
        soft = {}
        for name, order in self.order.items():
            values = corpus.targets[name][kept]
            targets[name] = values[:, order] if values.ndim == 2 else np.where(values < 0, values, order[values])
            if name in corpus.soft:
                soft[name] = corpus.soft[name][kept][:, order]
        return Corpus(codebook=corpus.codebook, texts=[texts[i] or "" for i in kept], targets=targets, soft=soft)


def with_mirrored(train: Corpus, *, mirror: Mirror | None) -> Corpus:
    """The passages, and behind them what the mirror makes of them; of no use for anything but learning."""
    if mirror is None:
        return train
    more = mirror.passages(train)
    soft = {
        name: np.concatenate([values, more.soft.get(name, np.full((len(more), values.shape[1]), np.nan))])
        for name, values in train.soft.items()
    }
    return Corpus(
        codebook=train.codebook,
        texts=[*train.texts, *more.texts],
        targets={name: np.concatenate([values, more.targets[name]]) for name, values in train.targets.items()},
        soft=soft,
    )


def _pattern(word: str) -> str:
    """Of a word, or with a star of how words begin; small letters match any, a capital only itself."""
    end = "" if word.endswith("*") else r"\b"
    case = "(?i:{})" if word == word.lower() else "{}"
    return r"\b" + case.format(re.escape(word.rstrip("*"))) + end


def _exchanged(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Which passages are labelled, and get other labels: ``(passages,)`` bool."""
    if values.ndim == 2:
        return (~np.isnan(values) & (values != values[:, order])).any(axis=1)
    return (values >= 0) & (order[values] != values)


def _unlabelled(values: np.ndarray) -> np.ndarray:
    """Of the same shape and kind, without a label anywhere."""
    return np.full_like(values, np.nan) if values.ndim == 2 else np.full_like(values, -1)
