"""Explain decided labels: weigh the words of a text, and choose those that a decision hangs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..bundle import Bundle
from ..classifier import Classifier, Tick
from ..codebook import Codebook
from ..decision import Decision
from .choice import MOST, choose_words
from .labels import DecidedLabel, decided_labels, still_decided
from .occlusion import OcclusionWeights
from .words import Span, without, word_spans

Weigh = Callable[[Sequence[str], Sequence[Sequence[Span]], Sequence[DecidedLabel]], list[np.ndarray]]
BLOCK = 256
"""Texts explained at once."""


@dataclass(frozen=True)
class Evidence:
    """Which words of a text carried one decided label.

    Attributes:
        words: (start, end) of every word of the text, in characters.
        weights: ``(words,)``, what each added to the label's calibrated log odds.
        chosen: indices of the words that are the evidence, the heaviest first.
        decisive: without these words the label would not have been decided.
    """

    task: str
    label: str
    words: Sequence[Span]
    weights: np.ndarray
    chosen: Sequence[int]
    decisive: bool

    @property
    def carrying(self) -> list[tuple[int, int, float]]:
        """(start, end, weight) of the words that are the evidence, the heaviest first."""
        return [(*self.words[index], float(self.weights[index])) for index in self.chosen]


class Explainer:
    """Gives the evidence for labels that a classifier decided.

    Args:
        weigh: weighs words: `GradientWeights` or `OcclusionWeights`.
        classifier: the one that decided; it is asked again about texts without their evidence.
        most: words that evidence has at most.
    """

    def __init__(
        self, weigh: Weigh, classifier: Classifier, *, codebook: Codebook, decision: Decision, most: int = MOST
    ) -> None:
        self.weigh = weigh
        self.classifier = classifier
        self.codebook = codebook
        self.decision = decision
        self.most = most

    def explain(
        self,
        texts: Sequence[str],
        logits: Mapping[str, np.ndarray],
        *,
        abstain: float | None = None,
        tick: Tick | None = None,
    ) -> list[list[Evidence]]:
        """The evidence of each text, a decided leaf each, in the codebook's order. Equal texts are explained once.

        Args:
            logits: task -> ``(texts, leaves)``, by which the labels were decided.
            abstain: as in `decision.answers`; what is left undecided has no evidence.
            tick: called with the number of texts just explained.
        """
        first = {text: index for index, text in reversed([*enumerate(texts)])}
        once = sorted(first.values())
        labels = decided_labels(
            {task: values[once] for task, values in logits.items()},
            codebook=self.codebook,
            decision=self.decision,
            abstain=abstain,
        )
        found: dict[str, list[Evidence]] = {texts[index]: [] for index in once}
        for start in range(0, len(once), BLOCK):
            block = [texts[index] for index in once[start : start + BLOCK]]
            own = [label for label in labels if start <= label.text < start + BLOCK]
            moved = [DecidedLabel(label.text - start, label.task, label.leaf, label.rival) for label in own]
            for label, evidence in zip(moved, self._explain(block, moved), strict=True):
                found[block[label.text]].append(evidence)
            if tick:
                tick(len(block))
        if tick and len(texts) > len(once):
            tick(len(texts) - len(once))
        return [found[text] for text in texts]

    def _explain(self, texts: Sequence[str], labels: Sequence[DecidedLabel]) -> list[Evidence]:
        words = [word_spans(text) for text in texts]
        weights = self.weigh(texts, words, labels)

        def stands(indices: Sequence[int], gone: Sequence[Sequence[int]]) -> np.ndarray:
            asked = [labels[i] for i in indices]
            reduced = [
                without(texts[label.text], [words[label.text][word] for word in own])
                for label, own in zip(asked, gone, strict=True)
            ]
            answers = self.classifier.logits(reduced).tasks
            return still_decided(answers, asked, codebook=self.codebook, decision=self.decision)

        choices = choose_words(weights, stands=stands, most=self.most)
        return [
            Evidence(
                task=label.task,
                label=self.codebook.tasks[label.task].leaves[label.leaf],
                words=words[label.text],
                weights=own,
                chosen=choice.words,
                decisive=choice.decisive,
            )
            for label, own, choice in zip(labels, weights, choices, strict=True)
        ]


def open_explainer(
    bundle: Bundle, classifier: Classifier, *, device: str = "auto", threads: int | None = None
) -> Explainer:
    """Explains what this classifier of the bundle decides: by gradients of the network, or by occlusion of TF-IDF.

    Args:
        threads: cores to use; all by default.

    Raises:
        UserError: weights or tokenizer missing or broken, no such device.
    """
    weigh: OcclusionWeights | Weigh
    if bundle.kind == "tfidf":
        weigh = OcclusionWeights(classifier, decision=bundle.decision)
    else:
        from ..device import pick_device
        from ..tokens import read_tokenizer
        from .gradients import GradientWeights

        weigh = GradientWeights(
            bundle.network(),
            read_tokenizer(bundle.path / "tokenizer.json"),
            decision=bundle.decision,
            device=pick_device(device),
            threads=threads,
        )
    return Explainer(weigh, classifier, codebook=bundle.codebook, decision=bundle.decision)
