"""The yardstick of every run: TF-IDF and logistic regression on the same split."""

from __future__ import annotations

import json
from pathlib import Path

from ..model.bundle import write_description, write_tfidf
from ..model.decision import Decision
from ..model.tfidf import TfidfClassifier, fit_tfidf
from .data.seen import write_seen
from .data.splits import Split
from .measuring.calibration import fit_decision
from .measuring.evaluation import Report, measure, predictions
from .measuring.held_out import keep_held_out
from .measuring.languages import keep_languages
from .measuring.thresholds import Goal


def train_yardstick(split: Split, *, goal: Goal) -> tuple[TfidfClassifier, Decision, Report]:
    """Fit on train, its decision layer on validation (for this F1), measure on test."""
    codebook = split.train.codebook
    classifier = fit_tfidf(split.train.texts, targets=split.train.targets, codebook=codebook)
    decision = fit_decision(classifier.logits(split.validation.texts).tasks, corpus=split.validation, goal=goal)
    predicted = predictions(classifier.logits(split.test.texts).tasks, decision=decision, codebook=codebook)
    return classifier, decision, measure(predicted, corpus=split.test)


def write_yardstick(
    folder: Path,
    *,
    classifier: TfidfClassifier,
    decision: Decision,
    report: Report,
    split: Split,
    provenance: dict,
) -> None:
    """Write the yardstick as a bundle of its own."""
    folder.mkdir()
    write_tfidf(folder, classifier=classifier, codebook=split.train.codebook)
    write_seen(folder, texts=[*split.train.texts, *split.validation.texts])
    write_description(
        folder,
        codebook=split.train.codebook,
        decision=decision,
        metrics={"test": report.flat()},
        provenance=json.loads(json.dumps(provenance)),
        card="# TF-IDF yardstick\n\nTrained on the same passages as the bundle around it, to compare with.\n",
    )
    tested, validated = (
        predictions(classifier.logits(part.texts).tasks, decision=decision, codebook=part.codebook)
        for part in (split.test, split.validation)
    )
    keep_languages(folder, predicted=tested, corpus=split.test)
    keep_held_out(
        folder, test=(tested.probabilities, split.test), validation=(validated.probabilities, split.validation)
    )
