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
from ..model.mending import mend
from .chunks import Chunk
from .original import original_spans
from .sentences import sentence_spans
from .settings import ScoreSettings

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


class ChunkEvidence:
    """Explains the passages of chunks, by the settings of the run that scores them."""

    def __init__(self, explainer: Explainer, *, abstain: float | None) -> None:
        self.explainer = explainer
        self.abstain = abstain

    def column(self, chunk: Chunk, logits: Logits, *, tick: Tick | None = None) -> pa.Array:
        """A list of labels with their evidence for each passage.

        Offsets count the characters of the article, as `start` and `end` do.

        Args:
            logits: by which the chunk's labels are decided.
        """
        texts = chunk.texts()
        found = self.explainer.explain(texts, logits.tasks, abstain=self.abstain, tick=tick)
        places = [
            (article.text[start:end], start)
            for article, spans in zip(chunk.articles, chunk.spans, strict=True)
            for start, end in spans
        ]
        return pa.array(
            [
                evidence_cell(own, text=text, original=original, offset=offset)
                for own, text, (original, offset) in zip(found, texts, places, strict=True)
            ],
            type=EVIDENCE,
        )


def open_evidence(bundle: Bundle, classifier: Classifier, *, settings: ScoreSettings) -> ChunkEvidence | None:
    """What explains the labels that this classifier decides; None where the settings ask for no evidence.

    Raises:
        UserError: weights or tokenizer missing or broken, no such device.
    """
    if not settings.evidence:
        return None
    explainer = open_explainer(bundle, classifier, device=settings.device, threads=settings.threads)
    return ChunkEvidence(explainer, abstain=settings.abstain)


def evidence_cell(
    found: Sequence[Evidence], *, text: str, original: str | None = None, offset: int = 0
) -> list[dict[str, Any]]:
    """The evidence of one passage as the column has it.

    Args:
        text: what the model saw.
        original: the passage as it stands in the article; the text itself without.
        offset: where it stands there.
    """
    sentences = sentence_spans(text) if found else []
    spans: list[Span] = []
    for evidence in found:
        spans += [(start, end) for start, end, _ in evidence.carrying]
        if evidence.carrying:
            spans.append(carrying_sentence(evidence, text=text, sentences=sentences))
    places = original_spans(spans, seen=text, original=text if original is None else original, mend=mend)
    moved = iter([(None, None) if place is None else (place[0] + offset, place[1] + offset) for place in places])
    cell = []
    for evidence in found:
        words = []
        for start, end, weight in evidence.carrying:
            begin, finish = next(moved)
            words.append({"word": text[start:end], "start": begin, "end": finish, "weight": round(weight, DIGITS)})
        begin, finish = next(moved) if words else (None, None)
        cell.append(
            {
                "task": evidence.task,
                "label": evidence.label,
                "decisive": evidence.decisive,
                "sentence_start": begin,
                "sentence_end": finish,
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
