"""The evidence column of the score table: for each decided label the words, and the sentence, that carried it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..model.bundle import Bundle
from ..model.classifier import Classifier, Logits, Tick
from ..model.evidence.explain import Evidence, Explainer, open_explainer
from ..model.evidence.words import Span
from .mending import mend
from .original import original_spans
from .sentences import sentence_spans
from .settings import ScoreSettings
from .windows import Window

_WORD = pa.struct([("word", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("weight", pa.float32())])
_LABEL = [("task", pa.string()), ("label", pa.string()), ("decisive", pa.bool_())]
_SENTENCE = [("sentence_start", pa.int32()), ("sentence_end", pa.int32())]
EVIDENCE = pa.list_(pa.struct([*_LABEL, *_SENTENCE, ("words", pa.list_(_WORD))]))
"""Of a passage: an entry for each decided leaf."""
DIGITS = 3
"""Of weights: the last ones of a float depend on what else is in a batch."""


def evidence_fields(settings: ScoreSettings) -> list[pa.Field]:
    """The column, where the settings ask for it."""
    return [pa.field("evidence", EVIDENCE)] if settings.evidence else []


class WindowEvidence:
    """Explains the passages of windows, by the settings of the run that scores them."""

    def __init__(self, explainer: Explainer, *, abstain: float | None) -> None:
        self.explainer = explainer
        self.abstain = abstain

    def column(self, window: Window, logits: Logits, *, tick: Tick | None = None) -> pa.Array:
        """A list of labels with their evidence for each passage.

        Offsets count the characters of the article, as `start` and `end` do.

        Args:
            logits: by which the window's labels are decided.
        """
        texts = window.texts()
        found = self.explainer.explain(texts, logits.tasks, abstain=self.abstain, tick=tick)
        places = [
            (article.text[start:end], start)
            for article, spans in zip(window.articles, window.spans, strict=True)
            for start, end in spans
        ]
        return pa.array(
            [
                evidence_cell(own, text=text, original=original, offset=offset)
                for own, text, (original, offset) in zip(found, texts, places, strict=True)
            ],
            type=EVIDENCE,
        )


def open_evidence(bundle: Bundle, classifier: Classifier, *, settings: ScoreSettings) -> WindowEvidence | None:
    """What explains the labels that this classifier decides; None where the settings ask for no evidence.

    Raises:
        UserError: weights or tokenizer missing or broken, no such device.
    """
    if not settings.evidence:
        return None
    if settings.threads and bundle.kind == "transformer":
        import torch

        torch.set_num_threads(settings.threads)
    return WindowEvidence(open_explainer(bundle, classifier, device=settings.device), abstain=settings.abstain)


def evidence_cell(
    found: Sequence[Evidence], *, text: str, original: str | None = None, offset: int = 0
) -> list[dict[str, Any]]:
    """The evidence of one passage as the column has it.

    Args:
        text: what the model saw.
        original: the passage as it stands in the article; the text itself without.
        offset: where it stands there.
    """
    original = text if original is None else original
    sentences = sentence_spans(text) if found else []
    cell = []
    for evidence in found:
        chosen = [(start, end) for start, end, _ in evidence.carrying]
        sentence = [carrying_sentence(evidence, text=text, sentences=sentences)] if chosen else []
        placed = original_spans([*chosen, *sentence], seen=text, original=original, mend=mend)
        moved = [(None, None) if span is None else (span[0] + offset, span[1] + offset) for span in placed]
        words = [
            {"word": text[begin:finish], "start": start, "end": end, "weight": round(weight, DIGITS)}
            for (begin, finish, weight), (start, end) in zip(evidence.carrying, moved, strict=False)
        ]
        start, end = moved[-1] if sentence else (None, None)
        cell.append(
            {
                "task": evidence.task,
                "label": evidence.label,
                "decisive": evidence.decisive,
                "sentence_start": start,
                "sentence_end": end,
                "words": words,
            }
        )
    return cell


def carrying_sentence(evidence: Evidence, *, text: str, sentences: Sequence[Span]) -> Span:
    """The sentence whose words of the evidence weigh most, without the white space around it."""
    chosen = list(evidence.chosen)
    starts = [start for start, _ in sentences]
    owner = np.searchsorted(starts, [evidence.words[index][0] for index in chosen], side="right") - 1
    start, end = sentences[int(np.argmax(np.bincount(owner, weights=evidence.weights[chosen])))]
    lead = len(text[start:end]) - len(text[start:end].lstrip())
    return start + lead, start + len(text[start:end].rstrip())
