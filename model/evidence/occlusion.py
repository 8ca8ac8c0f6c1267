"""Occlusion: what a label loses when one word is left out. For any classifier; a pass for every word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..classifier import Classifier
from ..decision import Decision
from .labels import DecidedLabel, direction
from .words import Span, without

MOST_WORDS = 500


class OcclusionWeights:
    """Weighs each word by the log odds that the label loses without it (Zeiler & Fergus 2014; Li et al. 2016).

    Words behind the first `MOST_WORDS` of a text are not tried, and weigh 0.
    """

    method = "occlusion"

    def __init__(self, classifier: Classifier, *, decision: Decision) -> None:
        self.classifier = classifier
        self.decision = decision

    def __call__(
        self, texts: Sequence[str], words: Sequence[Sequence[Span]], labels: Sequence[DecidedLabel]
    ) -> list[np.ndarray]:
        """For each label ``(words,)`` of its text, in calibrated log odds."""
        whole = self.classifier.logits(texts).tasks
        found: list[np.ndarray] = [np.zeros(len(words[label.text])) for label in labels]
        for index, (text, own) in enumerate(zip(texts, words, strict=True)):
            rest = self.classifier.logits([without(text, [word]) for word in own[:MOST_WORDS]]).tasks
            for label, weights in zip(labels, found, strict=True):
                if label.text == index:
                    lost = whole[label.task][index] - rest[label.task]
                    weights[: len(lost)] = lost @ direction(label, leaves=lost.shape[1], decision=self.decision)
        return found
