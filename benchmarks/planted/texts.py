"""The labelled passages that `prevalence.py` draws its samples from, and what a classifier says of them.

Real passages from 13 outlets, which the bundle never saw; the starter corpus's test part, in halves; tweets with
another codebook and a TF-IDF model trained on 70 % of their train part (a tenth fits its decision, the rest is its
held-out).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from speed.passages import SHARED, STARTER

from narrashift.model.bundle import Bundle
from narrashift.model.codebook import Codebook, parse_codebook
from narrashift.model.decision import all_probabilities
from narrashift.model.held_out import HeldOut, read_held_out
from narrashift.model.tfidf import fit_tfidf
from narrashift.serving.shifts.prevalence.questions import Question, composite, questions_of
from narrashift.training.data.corpus import Corpus, read_corpus
from narrashift.training.measuring.calibration import fit_decision
from narrashift.training.measuring.held_out import make_held_out

COMPOSITES = [("pro_russia", "losses_russia"), ("pro_ukraine", "losses_ukraine"), ("neutral", "losses_ukraine")]
TWEETS = """
[codebook]
name = "tweets"
version = "1"
[tasks.stance]
kind = "single"
labels.pro_ukraine = { means = "For Ukraine." }
labels.pro_russia = { means = "For Russia." }
labels.neutral = { means = "Neither." }
"""


@dataclass(frozen=True)
class Text:
    """Passages to draw from, and the bundle's held-out ones where they are others."""

    name: str
    held_out: HeldOut | None
    passages: HeldOut
    questions: list[Question]


def texts(bundle: Bundle) -> Iterator[Text]:
    questions = asked_of(bundle.codebook)
    test = starter_test(bundle.codebook)
    kept = read_held_out(bundle.path, bundle=bundle.digest) or make_held_out(bundle, test, part="test")
    if (SHARED / "realwar").exists():
        real = read_corpus([SHARED / "realwar" / "dev.jsonl"], codebook=bundle.codebook)
        yield Text("real", kept, make_held_out(bundle, real), questions)
    yield Text("starter", None, kept, questions)
    if (SHARED / "ruw_stance").exists():
        yield tweets()


def asked_of(codebook: Codebook) -> list[Question]:
    """Each task's questions, and some composites."""
    composites = [
        composite(f"{stance} + {frame}", [("stance", stance), ("frame", frame)], codebook=codebook)
        for stance, frame in COMPOSITES
    ]
    return [*questions_of(codebook), *composites]


def starter_test(codebook: Codebook) -> Corpus:
    """The starter corpus's test part."""
    starter = read_corpus([STARTER], codebook=codebook)
    return starter.select([i for i, split in enumerate(starter.column("split")) if split == "test"])


def tweets() -> Text:
    """Tweets, of a TF-IDF model: its held-out fifth of train, and val."""
    codebook = parse_codebook(TWEETS, place="tweets.toml")
    train, val = (
        read_corpus([SHARED / "ruw_stance" / f"{part}.jsonl.gz"], codebook=codebook) for part in ("train", "val")
    )
    order = np.random.default_rng(0).permutation(len(train))
    learned, decided, held = (
        train.select(part) for part in np.split(order, [int(0.7 * len(train)), int(0.8 * len(train))])
    )
    classifier = fit_tfidf(learned.texts, targets=learned.targets, codebook=codebook)
    decision = fit_decision(classifier.logits(decided.texts).tasks, corpus=decided)

    def answered(corpus: Corpus) -> HeldOut:
        logits = classifier.logits(corpus.texts).tasks
        probs = all_probabilities(logits, codebook=codebook, decision=decision)
        numbers = np.arange(len(corpus))
        return HeldOut(
            "tweets", codebook, decision, probs, corpus.targets, corpus.weights, numbers, numbers.astype(str)
        )

    return Text("tweets", answered(held), answered(val), questions_of(codebook))


def part_of(held_out: HeldOut, chosen: np.ndarray) -> HeldOut:
    return dataclasses.replace(
        held_out,
        probabilities={name: values[chosen] for name, values in held_out.probabilities.items()},
        targets={name: values[chosen] for name, values in held_out.targets.items()},
        weights=held_out.weights[chosen],
        groups=held_out.groups[chosen],
        parts=held_out.parts[chosen],
    )


def halves(held_out: HeldOut, true: np.ndarray, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Indices of two halves with as many of each class; where passages have groups, of whole groups instead."""
    if len(np.unique(held_out.groups)) < len(held_out):
        first = rng.permutation(held_out.groups.max() + 1)[held_out.groups] % 2 == 0
        first &= true >= 0
    else:
        first = np.zeros(len(true), dtype=bool)
        for k in range(true.max() + 1):
            inside = rng.permutation(np.flatnonzero(true == k))
            first[inside[: len(inside) // 2]] = True
    return np.flatnonzero(first), np.flatnonzero(~first & (true >= 0))
