"""Which tokens are hidden from the network, and what it sees in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from ...model.tokens import kept

SPECIAL = -1
"""In the place of a word's number: a token that belongs to no word, as `[CLS]`."""
HIDDEN, REPLACED = 0.8, 0.1
"""Of the tokens to predict, the shares seen as the mask token and as a random one; the rest is seen as it is."""


@dataclass(frozen=True)
class Encoded:
    """Passages as tokens, and which word of its passage each token is a piece of.

    Attributes:
        ids: of each passage, ``(tokens,)`` int32.
        words: of each passage, ``(tokens,)`` int32, not falling; `SPECIAL` where there is no word.
    """

    ids: list[np.ndarray]
    words: list[np.ndarray]

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each passage, ``(passages,)``."""
        return np.array([len(row) for row in self.ids], dtype=np.int64)

    def part(self, chosen: np.ndarray) -> Encoded:
        """The passages with these indices."""
        return Encoded([self.ids[i] for i in chosen], [self.words[i] for i in chosen])


def encode_words(tokenizer: Tokenizer, texts: Sequence[str], *, max_tokens: int) -> Encoded:
    """Tokens of texts with their words, cut as in training.

    Args:
        tokenizer: with truncation and padding off.
    """
    ids, words = [], []
    for start in range(0, len(texts), 1_000):
        for encoding in tokenizer.encode_batch(list(texts[start : start + 1_000])):
            at = kept(encoding, max_tokens=max_tokens)
            numbers = [SPECIAL if word is None else word for word in encoding.word_ids]
            ids.append(np.array(encoding.ids, dtype=np.int32)[at])
            words.append(np.array(numbers, dtype=np.int32)[at])
    return Encoded(ids, words)


@dataclass(frozen=True)
class Masking:
    """Hide a share of a passage's words, as BERT was pretrained (Devlin et al. 2019, section 3.1).

    Attributes:
        mask_id: of the mask token.
        ordinary: ids of the tokens that may stand in another's place: all but special ones.
        share: of a passage's tokens to predict, 0..1; of any passage with a word at least one word.
        whole_words: all pieces of a word or none (whole-word masking), else each token for itself.
    """

    mask_id: int
    ordinary: np.ndarray
    share: float
    whole_words: bool

    def __call__(
        self, ids: np.ndarray, words: np.ndarray, *, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """What the network sees of a passage, and which tokens it is to predict: ``(tokens,)`` ids and booleans."""
        chosen = self._choose(words, rng=rng)
        seen, lot = ids.copy(), rng.random(len(ids))
        hidden = chosen & (lot < HIDDEN)
        replaced = chosen & (lot >= HIDDEN) & (lot < HIDDEN + REPLACED)
        seen[hidden] = self.mask_id
        seen[replaced] = rng.choice(self.ordinary, size=int(replaced.sum()))
        return seen, chosen

    def _choose(self, words: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
        ordinary = np.flatnonzero(words != SPECIAL)
        if not len(ordinary):
            return np.zeros(len(words), dtype=bool)
        if self.whole_words:
            begins = np.flatnonzero(np.diff(words[ordinary], prepend=SPECIAL))
            sizes = np.diff(begins, append=len(ordinary))
            piece_of = np.repeat(np.arange(len(sizes)), sizes)
        else:
            sizes, piece_of = np.ones(len(ordinary), dtype=int), np.arange(len(ordinary))
        wanted = self.share * len(ordinary)
        order = rng.permutation(len(sizes))
        total = np.cumsum(sizes[order])
        # up to the word that brings the sum nearest to what is wanted: right on average, whatever the words' sizes
        count = max(int(np.searchsorted(total - sizes[order] / 2, wanted + rng.random() - 0.5)), 1)
        picked = np.zeros(len(sizes), dtype=bool)
        picked[order[:count]] = True
        chosen = np.zeros(len(words), dtype=bool)
        chosen[ordinary[picked[piece_of]]] = True
        return chosen


def masking_of(tokenizer: Any, *, token: str, share: float, whole_words: bool) -> Masking:
    """The masking for a backbone's `PreTrainedTokenizerFast`, with this token in the place of what is hidden."""
    special = [tokenizer.convert_tokens_to_ids(token) for token in tokenizer.all_special_tokens]
    ordinary = np.setdiff1d(np.arange(tokenizer.vocab_size), special).astype(np.int32)
    return Masking(
        mask_id=tokenizer.convert_tokens_to_ids(token), ordinary=ordinary, share=share, whole_words=whole_words
    )
