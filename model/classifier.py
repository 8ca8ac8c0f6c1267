"""What every classifier can do, whatever is inside: count tokens and give logits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

Tick = Callable[[int], None]
"""Called with the number of passages just done."""
MOST_WINDOWS = 64
"""Windows that a classifier may read a passage in."""


@dataclass(frozen=True)
class Logits:
    """Unnormalised scores: task -> ``(passages, leaves)`` float32, and which passages were cut off.

    Of a cascade also which passages its student answered.
    """

    tasks: dict[str, np.ndarray]
    truncated: np.ndarray
    student: np.ndarray | None = None


class Classifier(Protocol):
    """Behind this stand the fine-tuned encoder, the TF-IDF yardstick and the engines of `serving`."""

    max_tokens: int | None
    """Tokens that are read at once, or None where any length is. Longer passages may be read in several windows;
    `Logits.truncated` says whose end was not seen."""

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Tokens of each text as the classifier would see it, uncut: ``(texts,)`` int."""
        ...

    def logits(self, texts: Sequence[str], *, tick: Tick | None = None) -> Logits:
        """Logits of every task for each text, in the texts' order."""
        ...
