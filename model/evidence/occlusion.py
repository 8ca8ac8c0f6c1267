"""Occlusion: what a label loses when one word is left out. For any classifier; a pass for every word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..classifier import Classifier
from ..decision import Decision
from .labels import DecidedLabel, direction
from .words import Span, without


class OcclusionWeights:
    """Weighs each word by the log odds that the label loses without it (Zeiler & Fergus 2014; Li et al. 2016)."""

    method = "occlusion"

    def __init__(self, classifier: Classifier, *, decision: Decision) -> None:
        self.classifier = classifier
        self.decision = decision

    def __call__(
        self, texts: Sequence[str], words: Sequence[Sequence[Span]], labels: Sequence[DecidedLabel]
    ) -> list[np.ndarray]:
        """For each label ``(words,)`` of its text, in calibrated log odds."""
        whole = self.classifier.logits(texts).tasks
        reduced = [without(text, [word]) for text, own in zip(texts, words, strict=True) for word in own]
        first = np.cumsum([0, *map(len, words)])
        rest = self.classifier.logits(reduced).tasks
        found = []
        for label in labels:
            before, after = whole[label.task][label.text], rest[label.task][first[label.text] : first[label.text + 1]]
            found.append((before - after) @ direction(label, leaves=len(before), decision=self.decision))
        return found
